import Datasets

/// Sets of word groups that stand for a text when texts are compared. Broder 1997.
enum Shingles {
    /// Words, lower-case, without marks: punctuation and case alone make no difference.
    static func words(_ text: String) -> [UInt64] {
        var hashes: [UInt64] = []
        var hash: UInt64 = offset
        var isEmpty = true
        for scalar in text.lowercased().unicodeScalars {
            let value = scalar.value
            let isLetter =
                value < 0x80
                ? (0x61...0x7A).contains(value) || (0x30...0x39).contains(value)
                : !(0x80...0xBF).contains(value) && !(0x2000...0x206F).contains(value)
                    && !(0x3000...0x303F).contains(value)
                    && value != 0xFEFF && !(0xE0000...0xE007F).contains(value)
            if isLetter {
                hash = (hash ^ UInt64(value)) &* prime
                isEmpty = false
                // Scripts without spaces: each character is a word.
                if (0x3040...0x9FFF).contains(value) {
                    hashes.append(hash)
                    (hash, isEmpty) = (offset, true)
                }
            } else if !isEmpty, !isSilent(value) {
                hashes.append(hash)
                (hash, isEmpty) = (offset, true)
            }
        }
        if !isEmpty { hashes.append(hash) }
        return hashes
    }

    /// Characters inside a word that are not seen must not cut it in two.
    private static func isSilent(_ value: UInt32) -> Bool {
        value == 0x27 || value == 0x2019 || value == 0xAD || (0x200B...0x200F).contains(value) || value == 0xFEFF
            || (0x2060...0x2064).contains(value) || (0xE0000...0xE007F).contains(value)
    }

    /// Sorted, unique hashes of groups of `size` neighbouring words; of the whole when there are fewer.
    static func groups(_ words: [UInt64], size: Int) -> [UInt32] {
        guard !words.isEmpty else { return [] }
        let size = min(max(size, 1), words.count)
        var hashes: [UInt32] = []
        hashes.reserveCapacity(words.count)
        for start in 0...(words.count - size) {
            var hash: UInt64 = offset
            for word in words[start..<(start + size)] { hash = (hash ^ word) &* prime &+ (hash >> 29) }
            hashes.append(UInt32(truncatingIfNeeded: hash ^ (hash >> 32)))
        }
        hashes.sort()
        var unique: [UInt32] = []
        unique.reserveCapacity(hashes.count)
        for hash in hashes where hash != unique.last { unique.append(hash) }
        return unique
    }

    /// Shared groups over all groups, 0 to 1.
    static func jaccard(_ left: [UInt32], _ right: [UInt32]) -> Double {
        var shared = 0
        var (i, j) = (0, 0)
        while i < left.count, j < right.count {
            if left[i] == right[j] {
                shared += 1
                i += 1
                j += 1
            } else if left[i] < right[j] {
                i += 1
            } else {
                j += 1
            }
        }
        let all = left.count + right.count - shared
        return all == 0 ? 0 : Double(shared) / Double(all)
    }

    private static let offset: UInt64 = 0xCBF2_9CE4_8422_2325
    private static let prime: UInt64 = 0x100_0000_01B3
}

/// Finds texts that share most of their shingles: MinHash with banding proposes, the true Jaccard index decides.
///
/// Broder 1997; bands as in Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", chapter 3. Twelve bands of five
/// hashes propose a pair of similarity .85 with probability .999.
struct NearDuplicateIndex: Sendable {
    private static let bands = 12
    private static let rows = 5
    /// Texts of a bucket that a new one is compared with: enough to name one that is like it, and no more.
    private static let compared = 8

    /// Least similarity that counts.
    let threshold: Double
    private var buckets: [UInt64: [Int32]] = [:]
    private var sets: [Int32: [UInt32]] = [:]

    init(threshold: Double) {
        self.threshold = threshold
    }

    /// The texts added earlier that are alike enough, most alike first.
    mutating func add(_ shingles: [UInt32], row: Int) -> [(row: Int, similarity: Double)] {
        let keys = Self.keys(shingles)
        let found = similar(to: shingles, keys: keys, except: row)
        let id = Int32(truncatingIfNeeded: row)
        if sets[id] == nil, !shingles.isEmpty {
            for key in keys { if buckets[key, default: []].count < 64 { buckets[key, default: []].append(id) } }
        }
        sets[id] = shingles
        return found
    }

    private func similar(to shingles: [UInt32], keys: [UInt64], except row: Int) -> [(row: Int, similarity: Double)] {
        var candidates: Set<Int32> = []
        for key in keys { candidates.formUnion((buckets[key] ?? []).prefix(Self.compared)) }
        candidates.remove(Int32(truncatingIfNeeded: row))
        var found: [(row: Int, similarity: Double)] = []
        for candidate in candidates {
            let similarity = Shingles.jaccard(shingles, sets[candidate] ?? [])
            if similarity >= threshold { found.append((Int(candidate), similarity)) }
        }
        return found.sorted { ($1.similarity, $0.row) < ($0.similarity, $1.row) }
    }

    private static func keys(_ shingles: [UInt32]) -> [UInt64] {
        guard !shingles.isEmpty else { return [] }
        var minima = [UInt64](repeating: .max, count: bands * rows)
        for shingle in shingles {
            // Two mixes give as many hash functions as are wanted: Kirsch and Mitzenmacher 2006.
            let first = mixed(UInt64(shingle))
            let second = mixed(first ^ 0x5851_F42D_4C95_7F2D) | 1
            var value = first
            for index in minima.indices {
                value = value &+ second
                let hash = value ^ (value >> 31)
                if hash < minima[index] { minima[index] = hash }
            }
        }
        return (0..<bands).map { band in
            var key = UInt64(band) &+ 1
            for row in 0..<rows { key = mixed(key ^ minima[band * rows + row]) }
            return key
        }
    }

    private static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = (value ^ (value >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        mixed = (mixed ^ (mixed >> 33)) &* 0xC4CE_B9FE_1A85_EC53
        return mixed ^ (mixed >> 33)
    }
}
