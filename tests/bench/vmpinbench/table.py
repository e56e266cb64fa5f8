"""The table: what was measured, beside what, and whether it is within its bound. A row is printed
when it is there, so that a long run shows that it goes on."""

WIDTHS = (60, 10, 10, 6, 6, 6)


def milliseconds(nanoseconds):
    return f"{nanoseconds / 1e6:.1f} ms" if nanoseconds >= 1e6 else f"{nanoseconds / 1e3:.1f} us"


def count(number):
    return f"{number:,.0f}".replace(",", " ")


def line(what, *cells):
    padded = [cell.rjust(width) for cell, width in zip(cells, WIDTHS[1:])]
    print((what.ljust(WIDTHS[0]) + "  " + "  ".join(padded)).rstrip(), flush=True)


class Table:
    def __init__(self):
        self.over = []
        self.broken = []
        line("", "vmpin", "bare", "ratio", "bound")

    def section(self, title):
        print(f"\n{title}", flush=True)

    def row(self, what, value, beside="", ratio=None, bound=None, judged=None):
        """`bound` is the issue's, `judged` what is compared with it: the ratio where there is
        one."""
        judged = ratio if judged is None else judged
        cells = [value, beside, "" if ratio is None else f"{ratio:.2f}",
                 "" if bound is None else f"{bound:g}"]
        if bound is not None:
            cells.append("ok" if judged <= bound else "OVER")
            if judged > bound:
                self.over.append(what)
        line("  " + what, *cells)

    def check(self, what, good, trouble):
        """Not a matter of speed: the run fails."""
        line("  " + what, "", "", "", "", "ok" if good else "WRONG")
        if not good:
            print(f"    {trouble}", flush=True)
            self.broken.append(what)

    def note(self, text):
        print(f"  ({text})", flush=True)

    def end(self):
        print()
        for what in self.over:
            print(f"over its bound: {what}")
        if not self.over:
            print("everything is within its bound")
        for what in self.broken:
            print(f"wrong: {what}")
        return 1 if self.broken else 0
