"""A measured row as lines of a markdown table."""
import statistics

from measuring import value

HEAD = ("| work | target | ftbench (min, median, max) | peer, fastest variant (min, median, max) | ratio | share of "
        "peak, ours and peer's | |\n| --- | --- | --- | --- | --- | --- | --- |")


def figures_of(lines, path):
    return [v for v in (value(line, path) for line in lines) if v is not None] if path else []


def spread(values):
    if not values:
        return "not measured"
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.4g}" if low == high else f"{low:.4g}, {middle:.4g}, {high:.4g}"


def fastest(row, theirs):
    """The variant whose first figure has the best median; memory is that of the same variant."""
    unit = row.figures[0].peer
    known = [(statistics.median(v), name) for name, lines in theirs.items() for v in [figures_of(lines, unit)] if v]
    return max(known)[1] if known else None


def lines_of(row, mine, theirs):
    by_row = fastest(row, theirs)
    out = []
    for figure in row.figures:
        ours = figures_of(mine, figure.ours)
        # Products: the fastest peer of each shape counts.
        variant = by_row
        if row.key.startswith("products"):
            rates = [(statistics.median(v), n) for n, ls in theirs.items() for v in [figures_of(ls, figure.peer)] if v]
            variant = max(rates)[1] if rates else None
        peer = figures_of(theirs.get(variant, []), figure.peer)
        middle = statistics.median(ours) if ours else None
        ratio = middle / statistics.median(peer) if ours and peer and statistics.median(peer) > 0 else None
        shares = share_of_peak(figure, mine, ours, peer)
        met, target = "", ""
        if figure.target is not None:
            sign = "at most" if figure.less_is_better else "at least"
            target = f"{sign} {figure.target:g}" + (" times" if figure.on_ratio else "")
            measured = ratio if figure.on_ratio else middle
            if measured is not None:
                met = "met" if (measured <= figure.target if figure.less_is_better else measured >= figure.target) \
                    else "not met"
        theirs_text = f"{variant}: {spread(peer)}" if figure.peer and peer else ""
        out.append(f"| {row.title}: {figure.label} | {target} | {spread(ours)} | {theirs_text} | "
                   f"{f'{ratio:.2f}' if ratio else ''} | {shares} | {met} |")
    return out


def share_of_peak(figure, mine, ours, peer):
    if figure.share:
        own = figures_of(mine, figure.share)
        if not own or not ours:
            return ""
        # The work is the same: what the peer lacks in speed it lacks in share.
        part = statistics.median(own)
        theirs = f", {part * statistics.median(peer) / statistics.median(ours):.0%}" if peer else ""
        return f"{part:.0%}{theirs}"
    peaks = figures_of(mine, figure.peak)
    if not peaks or not ours:
        return ""
    peak = statistics.median(peaks)
    theirs = f", {statistics.median(peer) / peak:.0%}" if peer else ""
    return f"{statistics.median(ours) / peak:.0%}{theirs}" if peak > 0 else ""


def notes_of(row, mine, theirs):
    """What makes a row's figures doubtful."""
    notes = []
    busy = [(value(line, "other_cpu") or 0) + (value(line, "steal") or 0) for line in mine]
    if busy and max(busy) > 0.05:
        notes.append(f"{row.title}: other work took up to {max(busy):.2f} processors; measure again when it is quiet")
    for field in row.counts if mine else []:
        for variant, lines in theirs.items():
            if lines and value(lines[0], field) != value(mine[0], field):
                notes.append(f"{row.title}: NOT THE SAME WORK: {field} is {value(mine[0], field)} here and "
                             f"{value(lines[0], field)} for {variant}")
    if not mine:
        notes.append(f"{row.title}: ftbench gave no figure")
    return notes
