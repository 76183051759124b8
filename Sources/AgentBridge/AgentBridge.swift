// AgentBridge
