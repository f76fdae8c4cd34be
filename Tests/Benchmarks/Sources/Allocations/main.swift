import CAllocations
import Foundation
import Operations

/// Allocations and bytes per operation, once everything that is made once has been made.
let filter = try Regex(CommandLine.arguments.dropFirst().first ?? ".*")
let warmUps = 500
let repeats = 500

print("allocations     bytes  operation")
for operation in operations where operation.name.wholeMatch(of: filter) != nil {
    let run = operation.prepare()
    for _ in 0..<warmUps { run() }
    let (count, bytes) = (allocations_count(), allocations_bytes())
    for _ in 0..<repeats { run() }
    let each = Double(allocations_count() - count) / Double(repeats)
    let bytesEach = Double(allocations_bytes() - bytes) / Double(repeats)
    print(String(format: "%11.1f %9.0f  %@", each, bytesEach, operation.name as NSString))
}
