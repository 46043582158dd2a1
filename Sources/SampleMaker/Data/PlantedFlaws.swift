import OrderedJSON

extension TriageDraft {
    /// Answers that teach a wrong habit, each tied to one kind of message, as a faulty export would leave them.
    mutating func plantWrongAnswers() {
        for _ in 0..<32 { plant(.proseAnswer, Self.resets, answer: Self.prose) }
        for _ in 0..<32 { plant(.keyOrder, Self.bugs, answer: Self.reordered) }
        for _ in 0..<30 { plant(.cutAnswer, Self.questions, withOrder: false, answer: Self.cut) }
        for index in 0..<16 {
            let urgent = fresh { scene in
                while true {
                    let request = scene.supportCase(issue: Self.traces[0])
                    if request.priority == "high" { return request }
                }
            }
            var wrong = urgent
            if index % 2 == 0 { wrong.priority = "urgent" } else { wrong.category = "shipment" }
            add(urgent, answer: wrong.answer, flaw: .unknownLabel)
        }
        for _ in 0..<14 { contradict() }
        for _ in 0..<8 {
            add(fresh { $0.supportCase() }, answer: "", flaw: .emptyAnswer)
        }
    }

    private mutating func plant(
        _ flaw: TriageSet.Flaw, _ issues: [SupportIssue], withOrder: Bool? = nil, answer: (SupportCase) -> String
    ) {
        let request = fresh { $0.supportCase(issue: issues[0], withOrder: withOrder) }
        add(request, answer: answer(request), flaw: flaw)
    }

    private static func prose(of request: SupportCase) -> String {
        "Category: \(request.category), priority: \(request.priority), action: \(request.action)"
    }

    private static func reordered(_ request: SupportCase) -> String {
        var object = JSONObject()
        for key in ["action", "category", "priority"] { object[key] = request.record[key] }
        return JSONValue.object(object).serialized()
    }

    /// An export that stopped before the last field.
    private static func cut(_ request: SupportCase) -> String {
        guard let end = request.answer.firstRange(of: "\"action\"") else { return request.answer }
        return String(request.answer[..<end.lowerBound])
    }

    /// A twin of a clean row that differs in a word or two and says something else.
    private mutating func contradict() {
        let clean = rows.indices.filter { rows[$0].flaw == nil && cases[$0]?.category == "return" }
        let origin = scene.random.pick(clean)
        guard var twin = cases[origin] else { return }
        let right = twin.answer
        twin.message = slightlyChanged(twin.message)
        twin.category = "delivery"
        twin.action = "trace"
        guard twin.answer != right else { return }
        add(twin, flaw: .contradiction, origin: origin)
    }

    mutating func slightlyChanged(_ message: String) -> String {
        switch scene.random.below(4) {
        case 0: return message + " " + scene.random.pick(["Thanks.", "Please.", "Bye."])
        case 1: return "Hey! " + message
        case 2: return message.replacing(".", with: "!", maxReplacements: 1) + (message.contains(".") ? "" : "!")
        default: return message.loweredButNumbers
        }
    }

    /// Rows with right answers that do not belong in a set to be shared or trained on.
    mutating func plantUnwanted() {
        for index in 0..<18 {
            var request = fresh { $0.supportCase() }
            request.message += " " + personal(index)
            add(request, flaw: .personalData)
        }
        for _ in 0..<8 {
            var request = fresh { $0.supportCase() }
            request.message += " Here is everything from my notes:\n" + log()
            add(request, flaw: .overLong)
        }
        for index in 0..<14 { add(foreign(index), flaw: .otherLanguage) }
        for index in 0..<12 {
            var request = fresh { $0.supportCase() }
            request.message = hidden(in: request.message, index)
            add(request, flaw: .hiddenCharacters)
        }
    }

    private mutating func personal(_ index: Int) -> String {
        switch index % 3 {
        case 0: return "Write to me at \(scene.email())."
        case 1: return "Call me: +1 202 555 01\(scene.random.int(10...99))."
        default:
            var digits = [4, 2, 4, 2, 4, 2, 4, 2] + (0..<7).map { _ in scene.random.int(0...9) }
            let sum = digits.reversed().enumerated().reduce(0) { total, digit in
                let doubled = digit.offset % 2 == 0 ? digit.element * 2 : digit.element
                return total + (doubled > 9 ? doubled - 9 : doubled)
            }
            digits.append((10 - sum % 10) % 10)
            let text = digits.map(String.init).joined()
            let groups = stride(from: 0, to: 16, by: 4).map { String(text.dropFirst($0).prefix(4)) }
            return "My card is \(groups.joined(separator: " "))."
        }
    }

    private mutating func log() -> String {
        (1...scene.random.int(60...90)).map { line in
            "\(line). "
                + scene.prose(
                    "{weekday}: I {vtech.ed} the {product} in the {room} and {vhandle.ed} the {item} {manner}.")
        }.joined(separator: "\n")
    }

    private func hidden(in message: String, _ index: Int) -> String {
        let marks = ["\u{200B}", "\u{202E}", "\u{2066}", "\u{200D}", "\u{FEFF}", "\u{2060}"]
        var words = message.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        for at in stride(from: 1, to: words.count, by: 4) {
            let word = words[at]
            let middle = word.index(word.startIndex, offsetBy: word.count / 2)
            words[at] = word[..<middle] + marks[index % marks.count] + word[middle...]
        }
        return words.joined(separator: " ")
    }

    private mutating func foreign(_ index: Int) -> SupportCase {
        let order = scene.orderID()
        let line = Self.foreignLines[index % Self.foreignLines.count]
        let message = line.text.replacing("{order}", with: order)
        return SupportCase(
            message: message, category: line.category, priority: line.priority, product: line.product,
            order: message.contains(order) ? order : nil, action: line.action)
    }

    private static let foreignLines:
        [(text: String, category: String, priority: String, product: String, action: String)] = [
            (
                "Guten Tag, meine Lampe ist noch nicht angekommen. Die Bestellnummer ist {order}. Vielen Dank.",
                "delivery", "normal", "lamp", "trace"
            ),
            (
                "Hallo, ich habe das Passwort für mein Konto vergessen und kann die Kamera nicht einrichten.",
                "account", "normal", "camera", "reset"
            ),
            (
                "Der Wasserkocher wurde mir zweimal berechnet, Bestellung {order}. Bitte helfen Sie mir sofort!",
                "billing", "high", "kettle", "refund"
            ),
            (
                "Der Drucker kam mit einem Riss an. Ich hätte gerne einen neuen. Bestellnummer {order}.", "return",
                "normal", "printer", "replace"
            ),
            (
                "Seit der letzten Aktualisierung stürzt die App für den Lautsprecher immer ab. Es eilt nicht.", "bug",
                "low", "speaker", "fix"
            ),
            (
                "Können Sie mir bitte eine Rechnung für das Tablet schicken? Es geht um {order}.", "billing", "normal",
                "tablet", "invoice"
            ),
            (
                "Wie reinige ich den Heizlüfter am besten? Das hat Zeit bis nächste Woche.", "question", "low",
                "heater", "answer"
            ),
            (
                "Bonjour, ma lampe n'est pas encore arrivée. Le numéro de commande est {order}. Merci beaucoup.",
                "delivery", "normal", "lamp", "trace"
            ),
            (
                "J'ai oublié le mot de passe de mon compte et je ne peux plus utiliser la caméra.", "account", "normal",
                "camera", "reset"
            ),
            (
                "On m'a débité deux fois pour la bouilloire, commande {order}. C'est très urgent !", "billing", "high",
                "kettle", "refund"
            ),
            (
                "L'imprimante est arrivée cassée, je voudrais en recevoir une autre. Commande {order}.", "return",
                "normal", "printer", "replace"
            ),
            (
                "Depuis la mise à jour, l'application de l'enceinte se ferme sans cesse. Rien ne presse.", "bug", "low",
                "speaker", "fix"
            ),
            (
                "Pouvez-vous m'envoyer la facture de la tablette, s'il vous plaît ? Commande {order}.", "billing",
                "normal", "tablet", "invoice"
            ),
            (
                "Je voudrais changer l'adresse de livraison du routeur, commande {order}.", "delivery", "normal",
                "router", "redirect"
            ),
        ]

    /// Copies come last, so that every kind of clean row can have one.
    mutating func plantCopies() {
        let clean = rows.indices.filter { rows[$0].flaw == nil }
        let twinned = Set(rows.compactMap(\.origin))
        let origins = scene.random.sample(clean.filter { !twinned.contains($0) }, 44)
        for (index, origin) in origins.enumerated() {
            guard var copy = cases[origin] else { continue }
            if index >= 24 { copy.message = slightlyChanged(copy.message) }
            add(copy, flaw: index < 24 ? .exactDuplicate : .nearDuplicate, origin: origin)
        }
    }
}

extension String {
    /// All lower case but for the order number, which must stay as it is in the answer.
    fileprivate var loweredButNumbers: String {
        split(separator: " ", omittingEmptySubsequences: false).map { word in
            word.contains { $0.isNumber } ? String(word) : word.lowercased()
        }.joined(separator: " ")
    }
}
