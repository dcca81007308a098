import TandemClient

/// The nodes of a cluster as a table, for people.
struct StatusTable {
    private let reports: [NodeReport]

    init(_ reports: [NodeReport]) { self.reports = reports }

    var text: String {
        let header = ["NODE", "ROLE", "STATE", "TERM", "LAST", "COMMITTED", "APPLIED", "MESSAGES", "DISK", "UP", "URL"]
        return ([Self.aligned([header] + reports.map(Self.row))] + summary + problems).joined(separator: "\n")
    }

    private static func row(_ report: NodeReport) -> [String] {
        guard let status = report.status else {
            return ["?", "no answer"] + Array(repeating: "-", count: 8) + [report.url]
        }
        return [
            status.node.id, status.role, status.state, "\(status.term)", "\(status.lastIndex)", "\(status.commitIndex)",
            "\(status.appliedIndex)", "\(status.messages)", bytes(status.storage.bytes),
            duration(status.node.uptimeSeconds),
            report.url,
        ]
    }

    private var summary: [String] {
        func isOlder(_ one: ClusterStatus, _ other: ClusterStatus) -> Bool {
            (one.cluster.epoch, one.term, one.commitIndex) < (other.cluster.epoch, other.term, other.commitIndex)
        }
        guard let status = reports.compactMap(\.status).max(by: isOlder) else { return [] }
        let epoch = status.cluster.epoch > 0 ? ", epoch \(status.cluster.epoch)" : ""
        let primary = status.leader.map { "primary \($0.id) at \($0.url)" } ?? "no primary"
        let degraded = status.degraded ? ", DEGRADED: fewer copies than there should be" : ""
        return ["", "cluster \(status.cluster.id ?? "not formed yet")\(epoch), \(primary)\(degraded)"]
    }

    private var problems: [String] {
        reports.flatMap { report in
            (report.status?.problems ?? []).map { "\(report.status?.node.id ?? "?"): \($0.name): \($0.detail)" }
                + (report.error.map { ["\(report.url): \($0)"] } ?? [])
        }
    }

    /// Columns as wide as their widest cell; the last one as it is.
    private static func aligned(_ rows: [[String]]) -> String {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).enumerated().map { column, cell in
                let padding = column == row.count - 1 ? 0 : cell.1 - cell.0.count
                return cell.0 + String(repeating: " ", count: padding)
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    private static func bytes(_ count: UInt64) -> String {
        for (unit, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)] where count >= 1 << UInt64(shift) {
            let tenths = (count * 10) >> UInt64(shift)
            return "\(tenths / 10).\(tenths % 10)\(unit)"
        }
        return "\(count)B"
    }

    private static func duration(_ seconds: UInt64) -> String {
        switch seconds {
        case ..<60: "\(seconds)s"
        case ..<3600: "\(seconds / 60)m\(seconds % 60)s"
        case ..<86_400: "\(seconds / 3600)h\(seconds % 3600 / 60)m"
        default: "\(seconds / 86_400)d\(seconds % 86_400 / 3600)h"
        }
    }
}
