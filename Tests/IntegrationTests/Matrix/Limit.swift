/// Why a feature cannot be had between some clients and some servers. It is then refused in a way that says so, which is
/// what is tried there.
enum Limit: String, CaseIterable, Sendable {
    case revision = "the server's revision cannot express what the tool does"
    case elicitation = "elicitation to a client without it, or before 2025-06-18"
    case urlElicitation = "elicitation by URL to a client before 2025-11-25"
    case samplingTools = "sampling with tools to a client before 2025-11-25"
    case requestsThatAsk = "prompts and resources that ask: only servers of 2026-07-28 have them"
    case tasks = "tasks of 2025-11-25 to a client of another revision, or of a server before it"
    case rootChanges = "changes of roots from or to 2026-07-28, where roots are asked for anew each time"
    case pings = "pings from or to 2026-07-28"
    case batches = "batches outside of 2025-03-26"
}
