import Foundation
import Recipes
import TerminalUI
import Training

/// A plan for people.
enum PlanText {
    static func lines(_ plan: TrainingPlan) -> [String] {
        var lines: [String] = []
        if plan.steps > 0 {
            let share = plan.totalTokens > 0 ? Double(plan.trainedTokens) / Double(plan.totalTokens) : 0
            lines.append(
                "rows      \(plan.trainRows) to train on, \(plan.validationRows) held out, \(plan.dropped.count) left out"
            )
            lines.append(
                "tokens    \(NumberText.grouped(plan.totalTokens)) in \(NumberText.grouped(plan.steps)) steps, "
                    + "\(NumberText.percent(share)) of them trained; longest row \(plan.longestRow)")
            lines.append(
                "trainable \(NumberText.grouped(plan.trainableParameters)) of "
                    + "\(NumberText.grouped(plan.totalParameters)) parameters")
            lines.append(
                "memory    \(NumberText.bytes(plan.memory.total))"
                    + (plan.availableBytes.map { " of \(NumberText.bytes($0)) free" } ?? ""))
            for line in plan.memory.lines where line.bytes > 0 {
                lines.append("            \(line.name.paddedToCells(14)) \(NumberText.bytes(line.bytes))")
            }
            if let time = plan.time {
                lines.append(
                    "time      about \(NumberText.duration(seconds: time.seconds)) at "
                        + "\(NumberText.grouped(Int(time.tokensPerSecond))) tokens/s (\(time.basis.text))")
            }
            lines.append(
                "disk      \(NumberText.bytes(plan.diskBytes))"
                    + (plan.freeDiskBytes.map { " of \(NumberText.bytes($0)) free" } ?? ""))
        }
        for row in plan.dropped.prefix(10) { lines.append("left out  line \(row.line): \(row.detail)") }
        if plan.dropped.count > 10 { lines.append("          and \(plan.dropped.count - 10) more") }
        for problem in plan.problems {
            lines.append("\(problem.severity.rawValue.paddedToCells(9)) \(problem.description)")
        }
        lines.append(plan.canStart ? "ready to start" : "cannot start as it is")
        return lines
    }
}
