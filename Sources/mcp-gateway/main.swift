print("mcp-gateway")
