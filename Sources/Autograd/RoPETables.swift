import Tensors

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Cosines and sines of the rotary embedding, (positions, half of the rotated width), made as far as they are asked.
/// Su et al. 2021, arXiv 2104.09864.
public final class RoPETables {
    /// Angle per position of each pair.
    public let inverseFrequencies: [Float]
    /// Multiplies cosines and sines (YaRN's temperature); 1 otherwise.
    public let attentionFactor: Float
    private var cosines = Tensor.zeros([0, 1])
    private var sines = Tensor.zeros([0, 1])
    private var capacity = 0

    public init(inverseFrequencies: [Float], attentionFactor: Float = 1) {
        self.inverseFrequencies = inverseFrequencies
        self.attentionFactor = attentionFactor
    }

    /// theta^(−2i/width) for pair i.
    public static func standardFrequencies(rotatedWidth: Int, theta: Double) -> [Float] {
        (0..<rotatedWidth / 2).map { Float(1 / pow(theta, Double(2 * $0) / Double(rotatedWidth))) }
    }

    public convenience init(rotatedWidth: Int, theta: Double) {
        self.init(
            inverseFrequencies: RoPETables.standardFrequencies(rotatedWidth: rotatedWidth, theta: theta))
    }

    /// Llama 3's scaling: long wavelengths are slowed by `factor`, short ones kept, those between blended.
    /// Its keys in config.json: factor, low_freq_factor, high_freq_factor, original_max_position_embeddings.
    public static func llama3Frequencies(
        rotatedWidth: Int, theta: Double, factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double,
        originalContextLength: Int
    ) -> [Float] {
        let context = Double(originalContextLength)
        let longest = context / lowFrequencyFactor
        let shortest = context / highFrequencyFactor
        return standardFrequencies(rotatedWidth: rotatedWidth, theta: theta).map { frequency in
            let exact = Double(frequency)
            let wavelength = 2 * Double.pi / exact
            if wavelength < shortest { return frequency }
            if wavelength > longest { return Float(exact / factor) }
            let smooth = (context / wavelength - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor)
            return Float((1 - smooth) * exact / factor + smooth * exact)
        }
    }

    /// Tables for positions below `count`.
    func tables(upTo count: Int) -> (cosines: Tensor, sines: Tensor) {
        if count <= capacity { return (cosines, sines) }
        var size = max(64, capacity)
        while size < count { size *= 2 }
        let half = inverseFrequencies.count
        var cosineValues = [Float](repeating: 0, count: size * half)
        var sineValues = cosineValues
        for position in 0..<size {
            for (pair, frequency) in inverseFrequencies.enumerated() {
                // The angle is rounded to float32, as transformers computes it.
                let angle = Double(Float(position) * frequency)
                cosineValues[position * half + pair] = Float(cos(angle)) * attentionFactor
                sineValues[position * half + pair] = Float(sin(angle)) * attentionFactor
            }
        }
        cosines = Tensor(cosineValues, shape: [size, half])
        sines = Tensor(sineValues, shape: [size, half])
        capacity = size
        return (cosines, sines)
    }
}
