/// Regular English word forms with the exceptions our word lists need.
enum Morphology {
    private static let plurals = [
        "child": "children", "man": "men", "woman": "women", "mouse": "mice", "goose": "geese", "foot": "feet",
        "tooth": "teeth", "leaf": "leaves", "knife": "knives", "shelf": "shelves", "wolf": "wolves", "loaf": "loaves",
        "scarf": "scarves", "calf": "calves", "sheep": "sheep", "deer": "deer", "fish": "fish", "salmon": "salmon",
        "trout": "trout", "piano": "pianos", "photo": "photos", "radio": "radios", "cello": "cellos",
        "banjo": "banjos", "kangaroo": "kangaroos", "have": "has", "person": "people", "half": "halves",
        "thief": "thieves", "ox": "oxen", "trousers": "trousers", "shorts": "shorts", "scissors": "scissors",
        "squid": "squid", "avocado": "avocados", "flamingo": "flamingos", "studio": "studios",
    ]

    /// Plural of a noun and third person of a verb: the rule is the same.
    static func plural(_ word: String) -> String {
        if let known = plurals[word] { return known }
        if let space = word.lastIndex(of: " ") {
            return word[...space] + plural(String(word[word.index(after: space)...]))
        }
        if word.hasSuffix("y"), let before = word.dropLast().last, !isVowel(before) {
            return word.dropLast() + "ies"
        }
        for ending in ["s", "x", "z", "ch", "sh", "o"] where word.hasSuffix(ending) { return word + "es" }
        return word + "s"
    }

    static func past(_ word: String) -> String {
        if let known = Lexicon.irregularPasts[word] { return known }
        return firstWord(word) { verb in
            if let known = Lexicon.irregularPasts[verb] { return known }
            if verb.hasSuffix("e") { return verb + "d" }
            if verb.hasSuffix("y"), let before = verb.dropLast().last, !isVowel(before) {
                return verb.dropLast() + "ied"
            }
            return doubled(verb) + "ed"
        }
    }

    static func present(_ word: String) -> String {
        firstWord(word, plural)
    }

    static func progressive(_ word: String) -> String {
        firstWord(word) { verb in
            if verb.hasSuffix("ie") { return verb.dropLast(2) + "ying" }
            if verb.hasSuffix("e"), !verb.hasSuffix("ee"), !verb.hasSuffix("oe") { return verb.dropLast() + "ing" }
            return doubled(verb) + "ing"
        }
    }

    static func comparative(_ word: String, _ ending: String) -> String {
        if word == "good" { return ending == "er" ? "better" : "best" }
        if word == "bad" { return ending == "er" ? "worse" : "worst" }
        if syllables(word) > 2 || (syllables(word) == 2 && !word.hasSuffix("y")) {
            return (ending == "er" ? "more " : "most ") + word
        }
        if word.hasSuffix("e") { return word + ending.dropFirst() }
        if word.hasSuffix("y") { return word.dropLast() + "i" + ending }
        return doubled(word) + ending
    }

    static func article(before word: Substring) -> String {
        guard let first = word.first else { return "a" }
        for prefix in ["uni", "use", "one", "eu"] where word.hasPrefix(prefix) { return "a" }
        for prefix in ["hour", "honest"] where word.hasPrefix(prefix) { return "an" }
        if first == "8" || word.hasPrefix("11 ") || word.hasPrefix("18 ") { return "an" }
        return isVowel(first) ? "an" : "a"
    }

    static func capitalized(_ word: String) -> String {
        word.prefix(1).uppercased() + word.dropFirst()
    }

    private static func firstWord(_ phrase: String, _ change: (String) -> String) -> String {
        guard let space = phrase.firstIndex(of: " ") else { return change(phrase) }
        return change(String(phrase[..<space])) + phrase[space...]
    }

    private static func doubled(_ word: String) -> String {
        let letters = Array(word)
        guard letters.count >= 3, let last = letters.last, syllables(word) == 1 || Lexicon.doubling.contains(word),
            !isVowel(last), !"wxy".contains(last), isVowel(letters[letters.count - 2]),
            !isVowel(letters[letters.count - 3]) || letters[letters.count - 3] == "u" && letters.first == "q"
        else { return word }
        return word + String(last)
    }

    private static func isVowel(_ letter: Character) -> Bool {
        "aeiouAEIOU".contains(letter)
    }

    private static func syllables(_ word: String) -> Int {
        var count = 0
        var inVowels = false
        for letter in word {
            let vowel = isVowel(letter) || letter == "y"
            if vowel && !inVowels { count += 1 }
            inVowels = vowel
        }
        if word.hasSuffix("e") && !word.hasSuffix("le") && count > 1 { count -= 1 }
        return count
    }
}
