extension Scene {
    /// Who deals with what, said in prose: the words of support work without any fixed record.
    private static let topics: [String: String] = [
        "billing": "a bill or a payment", "delivery": "a delivery", "account": "an account or a login",
        "bug": "a fault in the software", "return": "a return or an exchange", "question": "a general question",
    ]
    private static let replies: [String: Patterns] = [
        "refund": Patterns(
            """
            I am sorry about that. We will give you your money back[ for the {product}].
            Thank you for writing. You will get a refund (in {few} days|this week|soon).
            Please excuse the mistake. The refund for the {product} is on its way.
            """),
        "invoice": Patterns(
            """
            Of course. The invoice for the {product} is in your mail box now.
            Gladly. We have sent you a copy of the invoice.
            We will send the receipt for the {product} (today|at once).
            """),
        "trace": Patterns(
            """
            I am sorry for the delay. We will trace the parcel and write to you (today|tomorrow).
            We have asked the courier where the {product} is.
            The parcel with the {product} is being traced. Please wait {few} more days.
            """),
        "redirect": Patterns(
            """
            No problem. We will send the {product} to the new address.
            We have changed the delivery address for the {product}.
            The parcel has been redirected. Thank you for telling us.
            """),
        "reset": Patterns(
            """
            Please use the link in our mail to reset the password.
            We have reset your login. Try again in {few} minutes.
            Your account for the {product} is open again. Please choose a new password.
            """),
        "update": Patterns(
            """
            Done. Your details are up to date now.
            We have updated your {product} account.
            The new details are in your account now. Is there anything else?
            """),
        "fix": Patterns(
            """
            Thank you for the report. Our engineers will fix it in the next update.
            Please restart the {product} and install the latest update.
            We know about this fault and are fixing it. Please wait for the update.
            """),
        "replace": Patterns(
            """
            I am sorry. We will replace the {product} at once.
            A new {product} will be sent to you (today|tomorrow). Please keep the box.
            We will exchange the {product}. You do not have to pay for it.
            """),
        "answer": Patterns(
            """
            Good question. You will find it in the manual of the {product}, page {few}.
            Yes, the {product} can do that.
            I am afraid not, but the next {product} will.
            The warranty of the {product} is {few} years.
            """),
    ]

    /// The support words on many more things than the products of the triage set.
    mutating func serviceCase() -> SupportCase {
        supportCase(
            product: random.chance(0.8)
                ? word("product") : word(random.pick(["device", "household", "toy", "clothing"])))
    }

    mutating func serviceReply(to request: SupportCase) -> String {
        known["product"] = request.product
        defer { known["product"] = nil }
        var text = Self.replies[request.action].map { prose($0) } ?? ""
        if let order = request.order, random.chance(0.7) {
            text += random.pick([
                " It is about order \(order).", " Your order number is \(order).", " We have noted order \(order).",
            ])
        }
        return text
    }

    mutating func serviceTask() -> Document {
        let request = serviceCase()
        let text = request.message
        let topic = Self.topics[request.category] ?? ""
        switch random.below(18) {
        case 0, 1: return .ask(text, serviceReply(to: request))
        case 2:
            let system = random.pick([
                "You answer customers of a shop.", "You work for customer support.",
                "Help the customer in one or two sentences.",
            ])
            return .chat([
                .system(system), .user(text), .assistant(serviceReply(to: request)),
                .user(prose("(Thank you!|Fine.|Good, thanks.)")),
                .assistant(prose("(You are welcome.|Gladly.|Have a nice day!)")),
            ])
        case 3: return .ask("What is this message about? \(text)", Morphology.capitalized("it is about \(topic)."))
        case 4:
            return .ask(
                random.pick(["Find the order number: ", "What is the order number? ", "Which order is it? "]) + text,
                request.order.map { random.pick([$0, "The order number is \($0)."]) } ?? "There is no order number.")
        case 5: return .ask("Which thing does the customer write about? \(text)", "The \(request.product).")
        case 6:
            let speed = [
                "high": "It is urgent.", "normal": "It is neither urgent nor slow.", "low": "There is no hurry.",
            ]
            return .ask("How urgent is this? \(text)", speed[request.priority] ?? "")
        case 7: return .ask("What should we do for the customer? \(text)", actionSentence(request))
        case 8: return .ask("Answer the customer: \(text)", serviceReply(to: request))
        case 9:
            let order = request.order.map { "number \($0)" } ?? "no number"
            return .ask("Note the thing and the number. \(text)", "\(request.product), \(order)")
        case 10:
            return .ask(
                "Sum up in a few words: \(text)",
                "A customer writes about \(topic) and \(phrase("@ \(request.product)")).")
        case 11...16: return form(request)
        default:
            var turns: [Document.Turn] = [.user(text), .assistant(serviceReply(to: request))]
            if let order = request.order {
                turns += [.user("Which order was that?"), .assistant("It was order \(order).")]
            }
            turns += [.user("And what was it about?"), .assistant("It was about the \(request.product).")]
            return .chat(turns)
        }
    }

    /// What the triage record asks for, in other shapes and under other names: forms, lists, tables, single words.
    private mutating func form(_ request: SupportCase) -> Document {
        let speed = ["high": "urgent", "normal": "usual", "low": "slow"][request.priority] ?? "usual"
        let text = request.message
        let (topic, thing, step) = (request.category, request.product, request.action)
        switch random.below(9) {
        case 0: return .ask("One word: topic? \(text)", topic)
        case 1: return .ask("One word: thing? \(text)", thing)
        case 2: return .ask("One word: speed? \(text)", speed)
        case 3: return .ask("One word: step? \(text)", step)
        case 4: return .ask("Topic and step: \(text)", "\(topic), \(step)")
        case 5:
            return .ask(
                "Fill the form. \(text)", "Topic: \(topic)\nSpeed: \(speed)\nThing: \(thing)\nStep: \(step)")
        case 6: return .ask("Make a row of the table. \(text)", "| \(topic) | \(speed) | \(thing) | \(step) |")
        case 7: return .ask("Tag it. \(text)", "#\(topic) #\(speed) #\(thing) #\(step)")
        default:
            return .chat([
                .system(random.pick(["Answer with one line of tags.", "Answer with tags."])), .user(text),
                .assistant("#\(topic) #\(speed) #\(thing) #\(step)"),
            ])
        }
    }

    private func actionSentence(_ request: SupportCase) -> String {
        switch request.action {
        case "refund": "Give the money back."
        case "invoice": "Send an invoice."
        case "trace": "Trace the parcel."
        case "redirect": "Redirect the parcel."
        case "reset": "Reset the login."
        case "update": "Update the account."
        case "fix": "Fix the fault."
        case "replace": "Replace the \(request.product)."
        default: "Answer the question."
        }
    }

    mutating func supportLetter() -> String {
        let request = serviceCase()
        return "From: \(email())\nTo: support@shop.example\nSubject: \(request.product)\n\n" + request.message
            + (random.chance(0.5) ? "\n\nAnswer: " + serviceReply(to: request) : "")
    }
}
