/// A file that uses every key there is.
let richSample = #"""
    // Comments and trailing commas are fine.
    {
      "$schema": "https://example.com/schema.json",
      "listen": ["127.0.0.1:8808", "[::1]:0", "unix:/run/mcp.sock"],
      "mcpServers": {
        "github": {
          "url": "https://api.example.com/mcp", "type": "http", "description": "Code hosting",
          "headers": { "Authorization": "Bearer ${GITHUB_TOKEN}", "X-Team": "${TEAM:-core}" },
          "timeouts": { "call": "60s", "max": "off" },
          "tools": {
            "allow": ["*"], "deny": ["delete_*"],
            "overrides": { "create_issue": { "name": "new_issue", "description": "Opens an issue", "timeout": "20s" } },
          },
          "maxInFlight": 20, "protocol": { "era": "legacy" },
        },
        "playwright": {
          "command": "npx", "args": ["-y", "@playwright/mcp", "--token", "${file:token}"],
          "env": { "B": "2", "A": "${env:TEAM:-x}" }, "cwd": "work",
          "pool": { "share": "session", "max": 4, "idle": "10m" },
        },
        "old": { "url": "http://127.0.0.1:9000/sse", "type": "sse", "disabled": true, "prefix": "legacy" },
      },
      "defaults": {
        "timeouts": { "connect": "5s", "list": "20s", "call": "45s", "idle": "1m", "max": "20m" },
        "pool": { "share": "user", "max": 6, "idle": "off" },
        "naming": { "separator": "--", "maxLength": 60, "prefix": "always" },
        "protocol": "auto",
      },
      "toolsets": { "dev": { "include": ["github"] } },
      "auth": "none",
      "limits": {
        "maxConnections": 500, "maxHeaderBytes": "32KiB", "maxBodyBytes": "8MiB", "headerTimeout": "5s",
        "bodyTimeout": "20s", "idleTimeout": "1m", "writeTimeout": "off", "maxJSONDepth": 64, "maxMessageBytes": "1MiB",
        "maxResultBytes": "1GiB", "maxInFlight": 100, "maxInFlightPerServer": 50,
        "maxSessions": 20, "sessionIdle": "1h",
        "maxStreamBacklogBytes": "64KiB", "streamKeepAlive": "off", "maxStderrBytes": "4KB",
        "stopTimeout": "1s", "drainTimeout": "30s",
      },
      "catalog": { "listWait": "off", "refresh": "1m", "maxItemsPerServer": 100, "pageSize": 50 },
      "telemetry": {}, "state": { "dir": "/var/lib/mcp" }, "agent": { "anything": [1, 2] },
      "workers": 2, "allowedOrigins": ["https://App.example.com", "*"], "allowedHosts": ["mcp.example.com", "[::1]"],
      "logLevel": "debug",
    }
    """#

let richVariables = ["GITHUB_TOKEN": "ghp_0123456789"]
let richFiles = ["/etc/mcp/token": "file-secret-1\n"]
