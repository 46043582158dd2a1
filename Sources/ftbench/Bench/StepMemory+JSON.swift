import OrderedJSON
import Training

extension StepMemory {
    /// Units of 1,048,576 bytes by what they are for, at the most of a step, with their sum beside the measured peak.
    var asJSON: JSONObject {
        let measured = MemoryUse.peakBytes
        return [
            "weights_owned": megabytes(weights), "weights_mapped": megabytes(mappedWeights),
            "adapter": megabytes(adapter), "gradients": megabytes(gradients), "optimizer": megabytes(optimizer),
            "activations": megabytes(activations), "workspace": megabytes(workspace), "held_free": megabytes(heldFree),
            "other": megabytes(other), "sum": megabytes(total), "measured_peak": megabytes(measured),
            "sum_to_measured": .number((Double(total) / Double(max(1, measured))).rounded(places: 3)),
        ]
    }
}

extension MemoryForecast {
    /// The same of a forecast, beside the measured peak.
    var asJSON: JSONObject {
        var members: JSONObject = [:]
        for line in lines { members[line.name] = megabytes(line.bytes) }
        members["sum"] = megabytes(total)
        members["sum_to_measured"] = .number(
            (Double(total) / Double(max(1, MemoryUse.peakBytes))).rounded(places: 3))
        return members
    }
}

private func megabytes(_ bytes: Int) -> JSONValue { .number((Double(bytes) / 1_048_576).rounded(places: 1)) }
