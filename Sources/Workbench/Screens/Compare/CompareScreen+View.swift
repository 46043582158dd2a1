import Foundation
import Statistics
import TerminalUI

extension CompareScreen {
    func draw(in area: Rect, of grid: inout CellGrid, _ context: ScreenContext) -> CellPosition? {
        switch stage {
        case .setup: drawSetup(in: area, of: &grid, context)
        case .session: drawSession(in: area, of: &grid, context)
        }
        if let choosing { draw(choosing, in: area, of: &grid) }
        return nil
    }

    // MARK: Setup

    private func drawSetup(in area: Rect, of grid: inout CellGrid, _ context: ScreenContext) {
        let inside = Frame(title: StyledText("Compare", .title), isFocused: true).draw(in: area, of: &grid)
        var lines: [StyledText] = []
        if let problem { lines += [StyledText(problem, .error), ""] }
        if isPreparing {
            lines += [StyledText("\(grid.glyphs.spinner(frame: context.frame)) preparing the session", .accent), ""]
        }
        if let setup {
            lines += [
                StyledText("Two models, the same prompts.", .title), "",
                row("m", "first", setup.first.label), row("n", "second", setup.second.label),
                row("p", "prompts", setup.promptSet.isEmpty ? "none chosen" : setup.promptSet),
                row(
                    "o", "sampling",
                    setup.temperature == 0 ? "greedy" : "temperature \(NumberText.significant(setup.temperature))"),
                row("+", "length", "up to \(setup.maxTokens) tokens"),
                row("B", "blind", isBlind ? "yes: names hidden, sides shuffled" : "no: votes are counted apart"), "",
                row("Enter", "start", ""), row("i", "or ask a prompt of your own", ""), "",
                StyledText("Both sides run on one set of weights. While a run trains, it waits", .dim),
                StyledText("between answers; while it is paused, its model is used as it is.", .dim),
            ]
        } else {
            lines += [
                StyledText("Nothing to compare yet.", .title), "", row("2", "train an adapter", ""),
                row("6", "or add models", ""),
            ]
        }
        let top = inside.y + max(0, (inside.height - lines.count) / 3)
        for (index, line) in lines.enumerated() where top + index < inside.maxY {
            grid.putFitting(line, x: inside.x + 2, y: top + index, width: max(0, inside.width - 3))
        }
    }

    private func row(_ key: String, _ title: String, _ value: String) -> StyledText {
        StyledText("  \(key.paddedToCells(7))", .hint)
            + StyledText(value.isEmpty ? title : title.paddedToCells(11), .dim)
            + StyledText(value)
    }

    private func draw(_ choosing: (what: Choosing, cursor: ListCursor), in area: Rect, of grid: inout CellGrid) {
        let names = choosing.what == .prompts ? promptSets : contestants.map(\.label)
        let height = min(area.height - 2, max(3, names.count + 2))
        let width = min(area.width - 4, max(30, (names.map { TextWidth.of($0) }.max() ?? 0) + 6))
        let box = Rect(
            x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width: width, height: height)
        guard width > 4, height > 2 else { return }
        grid.fill(box)
        let title =
            switch choosing.what {
            case .first: "First model"
            case .second: "Second model"
            case .prompts: "Prompts"
            }
        let inside = Frame(title: StyledText(title, .title), isFocused: true).draw(in: box, of: &grid)
        List(cursor: choosing.cursor, isFocused: true).draw(in: inside, of: &grid) { ListRow(StyledText(names[$0])) }
    }

    // MARK: Session

    private func drawSession(in area: Rect, of grid: inout CellGrid, _ context: ScreenContext) {
        let small = area.height < 16
        let promptHeight = small ? 3 : min(8, max(4, area.height / 5))
        let tallyHeight = small ? 0 : (area.height >= 36 ? 8 : 4)
        let top = Rect(x: area.x, y: area.y, width: area.width, height: promptHeight)
        drawPrompt(in: top, of: &grid)
        let middle = area.removing(top: promptHeight).removing(bottom: tallyHeight)
        if isZoomed || area.width < 60 {
            drawSide(isLeft: !isRightFocused, in: middle, of: &grid, context)
        } else {
            let sides = middle.columns([.rest, .rest])
            drawSide(isLeft: true, in: sides[0], of: &grid, context)
            drawSide(isLeft: false, in: sides[1], of: &grid, context)
        }
        if tallyHeight > 0 {
            drawTally(
                in: Rect(x: area.x, y: area.maxY - tallyHeight, width: area.width, height: tallyHeight), of: &grid)
        }
    }

    private func drawPrompt(in area: Rect, of grid: inout CellGrid) {
        guard let pair else { return }
        let sampling =
            setup.map {
                $0.temperature == 0 ? "greedy" : "temp \(NumberText.significant($0.temperature)) seed \($0.seed)"
            } ?? ""
        let inside = Frame(
            title: StyledText("Prompt \(pair.prompt.ordinal + 1)", .title),
            right: StyledText("\(setup?.promptSet.split(separator: "/").last ?? "") · \(sampling)", .dim)
        ).draw(in: area, of: &grid)
        var text = StyledText.empty
        for turn in pair.prompt.turns {
            if pair.prompt.turns.count > 1 { text += StyledText("\(turn.role.paddedToCells(9)) ", .accent) }
            text += StyledText(turn.text + "\n")
        }
        if isRevealed, let reference = pair.prompt.reference {
            text += StyledText("reference ", .accent) + StyledText(reference, .dim)
        }
        TextView(text: text).draw(in: inside, of: &grid)
    }

    private func drawSide(isLeft: Bool, in area: Rect, of grid: inout CellGrid, _ context: ScreenContext) {
        guard let pair else { return }
        let text = isLeft ? pair.left : pair.right
        let facts = isLeft ? pair.leftFacts : pair.rightFacts
        let isFirst = pair.firstIsLeft == isLeft
        var title = StyledText(isLeft ? "A" : "B", Style(isLeft ? .series1 : .series2, .bold))
        if isRevealed, let setup { title += StyledText("  \((isFirst ? setup.first : setup.second).label)", .accent) }
        if let vote = pair.vote, vote.verdict == (isFirst ? .first : .second) { title += StyledText("  chosen", .ok) }
        var right = ""
        if let facts {
            right = "\(facts.tokens) tok · \(NumberText.fixed(facts.seconds, decimals: 1)) s · \(facts.stop)"
        } else if isGenerating {
            right = "\(grid.glyphs.spinner(frame: context.frame)) \(text.isEmpty ? "waiting" : "writing")"
        } else {
            right = "r generates"
        }
        let inside = Frame(title: title, right: StyledText(right, .dim), isFocused: isLeft != isRightFocused)
            .draw(in: area, of: &grid)
        var styled = StyledText(text)
        if showsDifference {
            let difference = WordDifference(pair.left, pair.right)
            let role: Style = isLeft ? Style(.removed, .underline) : Style(.added, .underline)
            styled = StyledText(
                (isLeft ? difference.left : difference.right).map { TextSpan($0.text, $0.isShared ? .text : role) })
        }
        if text.isEmpty, facts != nil { styled = StyledText("(nothing: the model stopped at once)", .dim) }
        TextView(text: styled, scroll: isLeft ? leftScroll : rightScroll, wraps: wraps).draw(in: inside, of: &grid)
    }

    private func drawTally(in area: Rect, of grid: inout CellGrid) {
        let tally = tally
        let hidden = isRevealed ? "" : "by model after the reveal (R)"
        let inside = Frame(title: StyledText("Tally", .title), right: StyledText(hidden, .dim)).draw(
            in: area, of: &grid)
        var lines: [StyledText] = []
        let judged =
            "voted \(votedCount) of \(pairs.count)  tie \(tally.ties)  both bad \(tally.bothBad)  "
            + "skipped \(tally.skipped)"
        if isRevealed, let setup {
            let wins = tally.secondWins
            let interval = wins.interval()
            var text = "\(setup.first.label) \(tally.first)   \(setup.second.label) \(tally.second)   \(judged)"
            if tally.open > 0 { text += "  not blind \(tally.open)" }
            lines.append(StyledText(text))
            if let share = wins.share {
                lines.append(
                    StyledText(
                        "\(setup.second.label) wins \(NumberText.percent(share)) of \(wins.trials) decided, "
                            + "95% interval "
                            + "\(NumberText.percent(interval.lowerBound))–\(NumberText.percent(interval.upperBound)), "
                            + "p = \(NumberText.significant(wins.pValue(), digits: 2)) against a coin"))
            } else {
                lines.append(StyledText("no decided blind vote yet: nothing can be said", .dim))
            }
        } else {
            lines.append(StyledText(judged))
        }
        let left = tally.leftPreference
        let longer = tally.longerPreference
        if let share = left.share {
            lines.append(
                StyledText(
                    "left side won \(NumberText.percent(share)) "
                        + "(p = \(NumberText.significant(left.pValue(), digits: 2)))"
                        + (longer.share.map { "   longer answer won \(NumberText.percent($0)) of \(longer.trials)" }
                            ?? ""),
                    .dim))
        }
        if let note = pair?.vote?.note, !note.isEmpty { lines.append(StyledText("note: \(note)", .dim)) }
        for (row, line) in lines.prefix(inside.height).enumerated() {
            grid.putFitting(line, x: inside.x + 1, y: inside.y + row, width: inside.width - 2)
        }
    }
}
