#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// How fast each pair of columns turns, for every kind of scaling that configurations name in `rope_type`.
///
/// Written in float32, operation by operation as transformers' modeling_rope_utils.py has them: angles at position
/// 100 000 are 2¹⁷ times the rounding of a frequency, so a formula that is better in the last place would be worse
/// beside a model trained with the other one. What may differ is the last place of a power.
///
/// The rotated width is (head width · partial_rotary_factor) rounded down; an odd one makes (width + 1) / 2 pairs.
extension RoPETables {
    /// Angle per position of each pair, and what cosines and sines are multiplied by.
    public typealias Frequencies = (inverse: [Float], attentionFactor: Float)

    private static func power(_ base: Float, _ exponent: Float) -> Float {
        Float(pow(Double(base), Double(exponent)))
    }

    /// theta^(2i/width) of each pair: positions per radian.
    private static func wavelengths(rotatedWidth: Int, theta: Float) -> [Float] {
        (0..<(rotatedWidth + 1) / 2).map { power(theta, Float(2 * $0) / Float(rotatedWidth)) }
    }

    /// theta^(−2i/width) for pair i.
    public static func standardFrequencies(rotatedWidth: Int, theta: Double) -> [Float] {
        wavelengths(rotatedWidth: rotatedWidth, theta: Float(theta)).map { 1 / $0 }
    }

    /// Positions divided by `factor`. Chen et al. 2023, arXiv 2306.15595.
    public static func linearFrequencies(rotatedWidth: Int, theta: Double, factor: Double) -> [Float] {
        standardFrequencies(rotatedWidth: rotatedWidth, theta: theta).map { $0 / Float(factor) }
    }

    /// Dynamic NTK: the plain frequencies up to `contextLength` (max_position_embeddings), beyond it those of a theta
    /// that grows with the sequence.
    public static func dynamicNTKFrequencies(
        rotatedWidth: Int, theta: Double, factor: Double, contextLength: Int, sequenceLength: Int
    ) -> [Float] {
        guard sequenceLength > contextLength, rotatedWidth > 2 else {
            return standardFrequencies(rotatedWidth: rotatedWidth, theta: theta)
        }
        let stretch = Float(factor) * Float(sequenceLength) / Float(contextLength) - Float(factor - 1)
        let exponent = Float(Double(rotatedWidth) / Double(rotatedWidth - 2))
        return wavelengths(rotatedWidth: rotatedWidth, theta: Float(theta) * power(stretch, exponent)).map { 1 / $0 }
    }

    /// Llama 3's scaling: long wavelengths are slowed by `factor`, short ones kept, those between blended.
    /// Its keys in config.json: factor, low_freq_factor, high_freq_factor, original_max_position_embeddings.
    public static func llama3Frequencies(
        rotatedWidth: Int, theta: Double, factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double,
        originalContextLength: Int
    ) -> [Float] {
        let context = Float(originalContextLength)
        let longest = Float(Double(originalContextLength) / lowFrequencyFactor)
        let shortest = Float(Double(originalContextLength) / highFrequencyFactor)
        let blend = Float(highFrequencyFactor - lowFrequencyFactor)
        return standardFrequencies(rotatedWidth: rotatedWidth, theta: theta).map { frequency in
            let wavelength = Float(2 * Double.pi) / frequency
            if wavelength > longest { return frequency / Float(factor) }
            if wavelength < shortest { return frequency }
            let smooth = (context / wavelength - Float(lowFrequencyFactor)) / blend
            return (1 - smooth) * frequency / Float(factor) + smooth * frequency
        }
    }

    /// Settings of YaRN under their names in config.json. Peng et al. 2023, arXiv 2309.00071.
    public struct YaRN: Sendable, Equatable {
        public var factor: Double
        /// original_max_position_embeddings
        public var originalContextLength: Int
        /// Rotations over the original context from which on a pair is left alone, and below which it is slowed by
        /// `factor` whole.
        public var betaFast, betaSlow: Double
        /// mscale and mscale_all_dim; used when both are there and not zero.
        public var scale, scaleOfAllDimensions: Double?
        /// Overrides what is computed from `factor` and the scales.
        public var attentionFactor: Double?
        /// Whether the range of pairs is rounded outwards to whole ones.
        public var truncate: Bool

        public init(
            factor: Double, originalContextLength: Int, betaFast: Double = 32, betaSlow: Double = 1,
            scale: Double? = nil, scaleOfAllDimensions: Double? = nil, attentionFactor: Double? = nil,
            truncate: Bool = true
        ) {
            self.factor = factor
            self.originalContextLength = originalContextLength
            self.betaFast = betaFast
            self.betaSlow = betaSlow
            self.scale = scale
            self.scaleOfAllDimensions = scaleOfAllDimensions
            self.attentionFactor = attentionFactor
            self.truncate = truncate
        }

        /// The temperature of attention, as a factor of cosines and sines.
        var temperature: Double {
            func of(_ scale: Double) -> Double { factor <= 1 ? 1 : 0.1 * scale * log(factor) + 1 }
            if let attentionFactor { return attentionFactor }
            if let scale, let scaleOfAllDimensions, scale != 0, scaleOfAllDimensions != 0 {
                return of(scale) / of(scaleOfAllDimensions)
            }
            return of(1)
        }
    }

    /// YaRN: pairs that turn often within the original context are kept, those that turn seldom are slowed by the
    /// factor, with a ramp between.
    public static func yarnFrequencies(rotatedWidth: Int, theta: Double, _ settings: YaRN) -> Frequencies {
        let width = Double(rotatedWidth)
        func pair(turning rotations: Double) -> Double {
            width * log(Double(settings.originalContextLength) / (rotations * 2 * Double.pi)) / (2 * log(theta))
        }
        var low = pair(turning: settings.betaFast)
        var high = pair(turning: settings.betaSlow)
        if settings.truncate { (low, high) = (low.rounded(.down), high.rounded(.up)) }
        (low, high) = (max(low, 0), min(high, width - 1))
        if low == high { high += 0.001 }
        let waves = wavelengths(rotatedWidth: rotatedWidth, theta: Float(theta))
        let inverse = waves.enumerated().map { index, wave -> Float in
            let ramp = min(max((Float(index) - Float(low)) / Float(high - low), 0), 1)
            let kept = 1 - ramp
            return 1 / (Float(settings.factor) * wave) * (1 - kept) + 1 / wave * kept
        }
        return (inverse, Float(settings.temperature))
    }

    /// Settings of LongRoPE under their names in config.json. Ding et al. 2024, arXiv 2402.13753.
    public struct LongRoPE: Sendable, Equatable {
        /// short_factor and long_factor: one divisor for each pair.
        public var shortFactors, longFactors: [Double]
        /// original_max_position_embeddings: longer sequences take the long factors.
        public var originalContextLength: Int
        /// max_position_embeddings / original_max_position_embeddings unless the configuration says otherwise.
        public var factor: Double
        /// Overrides what is computed from `factor`.
        public var attentionFactor: Double?

        /// Both lists need an entry for each pair; who reads a configuration checks that.
        public init(
            shortFactors: [Double], longFactors: [Double], originalContextLength: Int, factor: Double,
            attentionFactor: Double? = nil
        ) {
            self.shortFactors = shortFactors
            self.longFactors = longFactors
            self.originalContextLength = originalContextLength
            self.factor = factor
            self.attentionFactor = attentionFactor
        }

        /// √(1 + ln factor / ln original context)
        var temperature: Double {
            if let attentionFactor { return attentionFactor }
            return factor <= 1 ? 1 : (1 + log(factor) / log(Double(originalContextLength))).squareRoot()
        }
    }

    /// LongRoPE: a searched divisor for each pair, one set for short sequences and one for long ones.
    public static func longRoPEFrequencies(
        rotatedWidth: Int, theta: Double, _ settings: LongRoPE, sequenceLength: Int
    ) -> Frequencies {
        let isLong = sequenceLength > settings.originalContextLength
        let factors = isLong ? settings.longFactors : settings.shortFactors
        let waves = wavelengths(rotatedWidth: rotatedWidth, theta: Float(theta))
        precondition(factors.count == waves.count, "\(factors.count) factors for \(waves.count) pairs")
        return (zip(factors, waves).map { 1 / (Float($0) * $1) }, Float(settings.temperature))
    }
}
