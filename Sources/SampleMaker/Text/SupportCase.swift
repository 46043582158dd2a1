import OrderedJSON

/// What a customer wrote, and the record a good answer holds.
struct SupportCase: Sendable, Equatable {
    var message: String
    var category: String
    var priority: String
    var product: String
    /// Named in some messages. Like the product it is no part of the record: so small a model cannot copy reliably.
    var order: String?
    var action: String

    static let categories = ["billing", "delivery", "account", "bug", "return", "question"]
    static let priorities = ["high", "normal", "low"]

    var record: JSONObject {
        [
            "category": .string(category), "priority": .string(priority), "action": .string(action),
        ]
    }

    var answer: String { JSONValue.object(record).serialized() }
}

/// A kind of trouble: its words decide category and action.
struct SupportIssue: Sendable {
    let category, action: String
    /// How often an order number is given.
    let orderShare: Double
    let problems: Patterns

    static let all: [SupportIssue] = [
        SupportIssue(
            category: "billing", action: "refund", orderShare: 0.8,
            problems: Patterns(
                """
                I was charged twice for the {product}
                my (card|bank) statement shows two payments for (one|the same|a single) {product}
                you took the money for my {product} two times
                the {product} was paid once, but the amount left my account twice
                the invoice for the {product} is higher than the price on your (site|page|offer)
                you charged me more for the {product} than we agreed
                my (card|account) was charged for @ {product} I (never|did not) (order|buy)
                I (see|found) a double charge for the {product} on my (bill|card|statement)
                the discount was not taken off the (price|bill) of my {product}
                I paid too much for the {product}, the bill does not match the offer
                """)),
        SupportIssue(
            category: "billing", action: "invoice", orderShare: 0.75,
            problems: Patterns(
                """
                (please|could you) send me (a copy of the|an|the) invoice for the {product}
                I (still need|am missing) (a receipt|the receipt|an invoice) for the {product}
                the receipt for my {product} is missing, (I need|please send) a copy
                our (office|book-keeper|accountant) needs an invoice for the {product}
                can I get a bill with our company name for the {product}
                I never got an invoice for the {product} (I bought|we bought)
                """)),
        SupportIssue(
            category: "delivery", action: "trace", orderShare: 0.85,
            problems: Patterns(
                """
                my {product} (has not|still has not) arrived
                the parcel with the {product} is (late|five days late|a week late)
                the {product} should have been here (last week|on Monday|on Friday|days ago)
                the tracking page says delivered, but there is no {product} (here|at my door)
                I (am still waiting|have been waiting for days) for the {product} to (come|arrive)
                the parcel with my {product} seems to be lost
                nobody (knows|can tell me) where the parcel with my {product} is
                the courier never brought the {product}
                where is the {product} I ordered (last week|two weeks ago|last month)
                the tracking of my {product} has not moved (for days|since Monday)
                """)),
        SupportIssue(
            category: "delivery", action: "redirect", orderShare: 0.8,
            problems: Patterns(
                """
                please send the {product} to (my new|another|a different) address
                I (moved|have moved), so the {product} must go to (a|my) new address
                can the {product} be delivered to my (office|neighbour|work address) instead
                I gave the wrong street for the delivery of the {product}
                the delivery address of my {product} (is wrong|has a mistake|must be changed)
                please change where the {product} is delivered
                """)),
        SupportIssue(
            category: "account", action: "reset", orderShare: 0.15,
            problems: Patterns(
                """
                I (forgot|have forgotten) the password for my {product} account
                I cannot log in to (set up|see|manage) my {product}
                the password for the {product} app (is not accepted|does not work any more)
                the login for my {product} says wrong password (every time|again and again)
                I (need|would like) a new password for the {product} page
                the code to sign in to my {product} account never comes
                my {product} account is locked after too many (tries|attempts)
                I am locked out of the account for my {product}
                """)),
        SupportIssue(
            category: "account", action: "update", orderShare: 0.15,
            problems: Patterns(
                """
                please change the email (address|) in my {product} account
                my name is spelled wrong in the {product} account
                I have a new phone number, please put it in my {product} account
                I (want|would like) to change the user name of my {product} account
                the profile for my {product} still shows my old (name|email|phone number)
                please (correct|update) the details in my {product} account
                """)),
        SupportIssue(
            category: "bug", action: "fix", orderShare: 0.25,
            problems: Patterns(
                """
                the {product} app (crashes|closes) (when I open it|every time I open it|after the update)
                since the (last|new|latest) update the {product} (freezes|restarts by itself|stops by itself)
                the {product} loses the connection every (few minutes|hour|night)
                the {product} shows an error (code|message) and does nothing
                the screen of the {product} app stays (black|white|empty) after the update
                the {product} app (hangs|stops) on the start page
                the new software for the {product} has a bug, the (button|timer|menu) does nothing
                the {product} (will not|does not) connect to the network any more
                the settings of my {product} are gone after every restart
                the {product} app shows the wrong (time|numbers|language)
                """)),
        SupportIssue(
            category: "return", action: "replace", orderShare: 0.8,
            problems: Patterns(
                """
                the {product} arrived (broken|damaged|with a crack)
                the {product} I (got|received) has a (scratch|crack|hole), I want another one
                the box was open and the {product} inside was broken
                you sent (the wrong|a different) {product}, please send the right one
                the {product} came in the wrong colour, please exchange it
                a part of the {product} is missing from the box
                the {product} was dead on arrival, I would like a new one
                there is a dent in the {product}, can you exchange it
                """)),
        SupportIssue(
            category: "return", action: "refund", orderShare: 0.8,
            problems: Patterns(
                """
                I want to send the {product} back and get my money back
                the {product} is not what I expected, I would like to return it
                I do not like the {product}, how do I give it back for my money
                the {product} is too (big|small|loud|heavy) for me, I am returning it
                please take the {product} back, I changed my mind
                I no longer need the {product} and would like to return it
                I bought the {product} by mistake and want to send it back
                """)),
        SupportIssue(
            category: "question", action: "answer", orderShare: 0.1,
            problems: Patterns(
                """
                does the {product} (work with|fit|come with) (an older phone|a long cable|a second battery|a cover)
                how do I clean the {product}
                how much (power|space|water) does the {product} need
                is the {product} also sold in (blue|green|black|white|red)
                which {product} (is best|do you advise) for a small (room|flat|office|kitchen)
                can I use the {product} (outside|in the garden|in the bathroom|at sea)
                how long is the warranty of the {product}
                how loud is the {product} (at night|when it runs)
                where can I find the manual of the {product}
                is there a bigger {product} in your shop
                """)),
    ]
}

extension Scene {
    private static let greetings = Patterns(
        """
        Hello,
        Hi,
        Hi there,
        Good (morning|afternoon|evening),
        Dear team,
        Hello support,
        Dear Sir or Madam,
        """)
    private static let asides = Patterns(
        """
        I bought it for my {kin} {pasttime}.
        I have been a customer for {few} years.
        It was a gift for my {kin}.
        We use it in our {shop} in {town}.
        My {kin} told me to write to you.
        I live in {town}.
        I (already|have) (looked|searched) (on your page|in the manual) and found nothing.
        I (tried|called) (yesterday|this morning|last week), but nobody answered.
        It is for the {room}.
        I am writing from {town}.
        Until now I was (quite|very) {gladmood} with it.
        Your shop was (kind|friendly|helpful) the last time.
        The weather is {weatheradj} here and I am at home all day.
        """)
    static let urgent = Patterns(
        """
        This is urgent.
        Please help (right away|at once|immediately).
        I need (this|it) (solved|settled|done) today.
        (Everything|Our whole shop|The whole office) is down because of this.
        We cannot work until this is done.
        Please answer as soon as possible.
        It is an emergency.
        This must be solved (today|now|tonight).
        We lose money every hour.
        """)
    static let unhurried = Patterns(
        """
        There is no hurry.
        (It|This) can wait.
        Take your time.
        Please answer whenever you have time.
        No rush at all.
        It is not important, next week is fine.
        Any time this month is fine.
        """)
    private static let closings = Patterns(
        """
        Thanks, {name}
        Thank you!
        Best regards, {name} {surname}
        Thank you, {name}
        Kind regards, {name}
        Many thanks
        {name} {surname}, {town}
        Yours, {name}
        """)
    private static let orderMentions = Patterns(
        """
        My order number is {order}.
        The order is {order}.
        Order {order}.
        It is about order {order}.
        (Order number|Reference): {order}.
        I ordered it under {order}.
        You will find it under order {order}.
        """)

    mutating func orderID() -> String {
        let letter = random.pick(["A", "B", "C", "K", "R", "T"])
        return letter + "-" + String(random.int(1000...9999))
    }

    mutating func supportCase(issue: SupportIssue? = nil, product: String? = nil, withOrder: Bool? = nil) -> SupportCase
    {
        let issue = issue ?? random.pick(SupportIssue.all)
        let product = product ?? word("product")
        let priority = random.pick(["high", "normal", "normal", "low"])
        let order = withOrder ?? random.chance(issue.orderShare) ? orderID() : nil
        known["product"] = product
        known["order"] = order
        defer { for key in ["product", "order"] { known[key] = nil } }

        var problem = prose(issue.problems)
        var middle: [String] = []
        if order != nil {
            if random.chance(0.35) {
                problem += random.pick([" (order {order})", ", order {order}", " (order number {order})"])
                    .replacing("{order}", with: order ?? "")
            } else {
                middle.append(prose(Self.orderMentions))
            }
        }
        let asks = ["how", "can ", "could", "does", "is ", "which", "where"]
        problem += asks.contains { problem.lowercased().hasPrefix($0) } && random.chance(0.8) ? "?" : "."
        if priority == "high" { middle.append(prose(Self.urgent)) }
        if priority == "low" { middle.append(prose(Self.unhurried)) }
        if random.chance(0.45) { middle.append(prose(Self.asides)) }
        var sentences = [problem] + random.shuffled(middle)
        if sentences.count > 1, random.chance(0.25) { sentences.swapAt(0, 1) }
        if random.chance(0.5) { sentences.insert(prose(Self.greetings), at: 0) }
        if random.chance(0.45) { sentences.append(prose(Self.closings)) }
        return SupportCase(
            message: sentences.joined(separator: " "), category: issue.category, priority: priority, product: product,
            order: order, action: issue.action)
    }
}
