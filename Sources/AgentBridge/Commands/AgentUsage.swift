/// What `--help` prints.
enum AgentUsage {
    static let text = """
        Usage: agent-bridge COMMAND [OPTIONS]

        An agent whose tools are those of a running MCP gateway.

          ask "PROMPT"   one question, one answer; without PROMPT it is read from standard input
          chat           a conversation in the terminal
          tools          the tools as the model sees them
          check          validate the configuration, reach the gateway, ask the model once
          serve          serve agents over HTTP: chat completions, and the DIAL application interface

          --config FILE        the file with the section "agent" (default: gateway.json, where serve and check need it)
          --agent NAME         which agent of the configuration (default: the first)
          --llm-url URL        a chat-completions server, up to and with /v1 (default: $OPENAI_BASE_URL)
          --model NAME         the model (default: $AGENT_MODEL); the key is $OPENAI_API_KEY
          --gateway-url URL    the gateway (default: $MCP_GATEWAY_URL, else http://127.0.0.1:8808/mcp)
          --system TEXT        a system prompt
          --attach FILE        a file for the model; may be repeated
          --max-turns N        calls to the model with tools (default: 15)
          --timeout TIME       of the whole run, such as 2m (default: 10m)
          --approve HOW        ask before calls that the configuration wants approved, or all, or none of them
          --output FORM        text (default), json, or jsonl: one event a line
          --quiet, --verbose, --no-color
          --resume FILE, --save FILE   go on with a conversation, keep it

        Exit codes: 0 answered, 1 failed, 2 usage or configuration, 3 stopped by a limit, 4 gateway or model
        unreachable, 130 interrupted.
        """
}
