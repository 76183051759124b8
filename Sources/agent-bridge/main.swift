import AgentBridge

AgentCommand.main()
