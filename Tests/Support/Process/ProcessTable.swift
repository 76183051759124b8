import Foundation

/// What `/proc` says of running processes.
package enum ProcessTable {
    /// What the open descriptors of a process point to, by number: `socket:[4711]`, `/dev/null`.
    ///
    /// - Throws: when there is no such process.
    package static func openDescriptors(of pid: Int32) throws -> [Int: String] {
        let folder = "/proc/\(pid)/fd"
        var descriptors: [Int: String] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            guard let number = Int(name) else { continue }
            // One may have closed since the folder was read, such as the one that reads the folder.
            if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)") {
                descriptors[number] = target
            }
        }
        return descriptors
    }

    /// The processes whose parent is this one, zombies included.
    package static func children(of pid: Int32) -> [Int32] {
        all().filter { $0.parent == pid }.map(\.pid)
    }

    /// The processes of a group, zombies left out.
    package static func members(ofGroup group: Int32) -> [Int32] {
        all().filter { $0.group == group && $0.state != "Z" }.map(\.pid)
    }

    /// Whether a process exists and is not a zombie.
    package static func isRunning(_ pid: Int32) -> Bool {
        guard let process = Row(pid: pid) else { return false }
        return process.state != "Z"
    }

    /// The memory that a process has in RAM, in bytes; `nil` when there is no such process.
    package static func residentBytes(of pid: Int32) -> Int? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8) else { return nil }
        let pages = text.split(separator: " ")
        guard pages.count > 1, let resident = Int(pages[1]) else { return nil }
        return resident * sysconf(Int32(_SC_PAGESIZE))
    }

    private struct Row {
        let pid: Int32
        let state: Character
        let parent: Int32
        let group: Int32

        /// `nil` when there is no such process, or none any more.
        init?(pid: Int32) {
            guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
                // The name is in parentheses and may hold spaces and parentheses itself.
                let end = text.lastIndex(of: ")")
            else { return nil }
            let fields = text[end...].split(separator: " ").dropFirst()
            guard fields.count > 3, let state = fields[1].first, let parent = Int32(fields[2]),
                let group = Int32(fields[3])
            else { return nil }
            self.pid = pid
            self.state = state
            self.parent = parent
            self.group = group
        }
    }

    private static func all() -> [Row] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.compactMap(Row.init(pid:))
    }
}
