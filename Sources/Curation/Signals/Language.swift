/// Languages that the guess tells apart; raw values are ISO 639-1.
public enum Language: String, Sendable, CaseIterable {
    case unknown = "?"
    case en, de, fr, es, it, pt, nl, ru, el, ar, he, hi, th, ko, ja, zh
}

/// Guesses the language of a text: by script, and among Latin scripts by the short words that every text has.
/// Made for telling the odd row out of a set, not for single words: a text that says too little is `unknown`.
public enum LanguageGuess {
    public static func language(of text: String) -> Language {
        var counts = Counts()
        var hash = offset
        var length = 0
        var first: UInt32 = 0
        var hasKana = false
        func close() {
            if length > 0 { counts.add(hash: hash, length: length, first: first, hasKana: hasKana) }
            (hash, length, first, hasKana) = (offset, 0, 0, false)
        }
        for scalar in text.unicodeScalars {
            let value = lower(scalar.value)
            if isLetter(value) {
                if length == 0 { first = value }
                hash = (hash ^ UInt64(value)) &* prime
                length += 1
                hasKana = hasKana || (0x3040...0x30FF).contains(value)
                // Scripts without spaces make one long word of a sentence.
                if length == 64 { close() }
            } else if value == 0x27 || value == 0x2019 {
                // Articles that lean on the next word: l'eau, d'été, qu'il; l'acqua, dell'anno.
                if length > 0 { counts.lean(elisions[hash]) }
                close()
            } else {
                close()
            }
            if counts.words > 400 { break }
        }
        close()
        return counts.best
    }

    private struct Counts {
        var words = 0
        private var scripts: [Language: Int] = [:]
        private var stopwords: [Language: Int] = [:]
        private var latinWords = 0

        mutating func lean(_ languages: [Language]?) {
            for language in languages ?? [] { stopwords[language, default: 0] += 1 }
        }

        mutating func add(hash: UInt64, length: Int, first: UInt32, hasKana: Bool) {
            words += 1
            if first < 0x0250 {
                latinWords += 1
                for language in LanguageGuess.table[hash] ?? [] { stopwords[language, default: 0] += 1 }
            } else if let language = LanguageGuess.script(first) {
                // Scripts without spaces count by characters, about two to a word.
                let weight = language == .zh || language == .ja || language == .th ? max(1, length / 2) : 1
                scripts[hasKana ? .ja : language, default: 0] += weight
            }
        }

        var best: Language {
            if let (found, count) = scripts.max(by: { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }),
                count >= 2, count > latinWords / 2
            {
                // Japanese is written with Chinese characters too, but never for long without kana.
                if found == .zh, let kana = scripts[.ja], kana * 6 > count { return .ja }
                return found
            }
            let ranked = stopwords.sorted { ($0.value, $1.key.rawValue) > ($1.value, $0.key.rawValue) }
            guard let first = ranked.first, first.value >= 2, first.value * 14 >= latinWords else { return .unknown }
            let second = ranked.dropFirst().first?.value ?? 0
            return first.value > second ? first.key : .unknown
        }
    }

    private static let offset: UInt64 = 0xCBF2_9CE4_8422_2325
    private static let prime: UInt64 = 0x100_0000_01B3

    private static func lower(_ value: UInt32) -> UInt32 {
        switch value {
        case 0xD7: value
        case 0x41...0x5A, 0xC0...0xDE: value + 0x20
        default: value
        }
    }

    private static func isLetter(_ value: UInt32) -> Bool {
        switch value {
        case 0x61...0x7A, 0xDF...0xF6, 0xF8...0x024F: true
        case 0x0370...0x1FFF: true
        case 0x3040...0x30FF, 0x3400...0x9FFF, 0xAC00...0xD7AF, 0x20000...0x2FA1F: true
        default: false
        }
    }

    private static func hash(_ word: Substring) -> UInt64 {
        var hash = offset
        for scalar in word.unicodeScalars { hash = (hash ^ UInt64(scalar.value)) &* prime }
        return hash
    }

    private static func script(_ scalar: UInt32) -> Language? {
        switch scalar {
        case 0x0370...0x03FF, 0x1F00...0x1FFF: .el
        case 0x0400...0x052F: .ru
        case 0x0590...0x05FF: .he
        case 0x0600...0x06FF, 0x0750...0x077F: .ar
        case 0x0900...0x097F: .hi
        case 0x0E00...0x0E7F: .th
        case 0x1100...0x11FF, 0xAC00...0xD7AF: .ko
        case 0x3040...0x30FF: .ja
        case 0x3400...0x9FFF, 0x20000...0x2FA1F: .zh
        default: nil
        }
    }

    private static let elisions: [UInt64: [Language]] = {
        let words: [(Substring, [Language])] = [
            ("l", [.fr, .it]), ("d", [.fr, .it]), ("qu", [.fr]), ("n", [.fr]), ("s", [.fr]), ("c", [.fr]), ("j", [.fr]),
            ("m", [.fr]), ("un", [.it]), ("dell", [.it]), ("all", [.it]), ("nell", [.it]),
        ]
        return Dictionary(words.map { (hash($0.0), $0.1) }) { first, _ in first }
    }()

    private static let table: [UInt64: [Language]] = {
        let lists: [(Language, String)] = [
            (
                .en,
                "the and of to is that it you for on are with as this be have not what was at by from or your can will "
                    + "my an they which when there how their if but would please we do has don been"
            ),
            (
                .de,
                "der die das und ist nicht ich ein eine zu mit den von für auf sie es dem im wie bitte auch wir haben "
                    + "oder sich kann mein meine aber wird hat sind einen einem nach noch wenn war dass über bei ihre"
            ),
            (
                .fr,
                "le la les et est des une un je vous pour dans que qui ne pas sur avec ce il mon ma nous au du plus "
                    + "mais merci bonjour cette être sont mes votre elle depuis par comme aux en se rien à ou si"
            ),
            (
                .es,
                "el la los las y es de que un una por con para no mi se lo como pero está hola gracias del al más muy "
                    + "su me este esta cuando tengo desde puedo ha son en ser todo también favor"
            ),
            (
                .it,
                "il lo la gli le e è di che un una per con non mi si come ma sono della del nel grazie questo questa più "
                    + "anche ho alla dei mio mia ci quando ciao buongiorno dal sul ha delle essere"
            ),
            (
                .pt,
                "o a os as e é de que um uma por com para não meu minha se como mas está olá obrigado do da no na mais "
                    + "muito você isso este esta quando tenho desde foi são em dos das ao pelo também"
            ),
            (
                .nl,
                "de het een en is niet ik van te dat op met voor zijn aan er maar om ook mijn wat bij naar heeft wij "
                    + "deze kan hebben wordt geen nog graag bedankt uw als dit door over hij ze"
            ),
        ]
        var table: [UInt64: [Language]] = [:]
        for (language, list) in lists {
            for word in list.split(separator: " ") { table[hash(word), default: []].append(language) }
        }
        return table
    }()
}
