import Gateway

GatewayCommand.main()
