print("reference-server")
