"""Numbers and formulas by another's arithmetic: Python's decimal and fractions.

    decimals.py numbers SEED COUNT     questions and answers about numbers as files write them
    decimals.py formulas SEED COUNT    the same about formulas

A line is a question and its answer, parts separated by tabs; a test of Postbox reads them and must answer alike.
  numbers:  form (keys as key=value, separated by ;), text, answer
  formulas: formula, values (separated by ;), scale, round, rounding, answer
The answer is a plain decimal or a reason.
"""
import random
import re
import sys
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, localcontext
from fractions import Fraction

NO = "not_a_decimal"
BAD = "bad_grouping"


def plain(value):
    """A Decimal without an exponent."""
    return format(value, "f")


# ---- Numbers


def grouped(digits, sign, indian):
    head, tail = digits[:-3], digits[-3:]
    size = 2 if indian else 3
    groups = [tail]
    while head:
        groups.insert(0, head[-size:])
        head = head[:-size]
    return sign.join(groups)


def random_digits(r, most):
    count = r.choice([1, 1, 2, 3, 4, 5, 6, 7, 9, r.randint(1, most)])
    text = str(r.randrange(10 ** count))
    return text


def number(r):
    """A number that is right, in a random form, or one made wrong in a way whose reason is known."""
    form = {}
    decimal = r.choice([".", ","])
    if decimal == "," or r.random() < 0.2:
        form["decimal"] = decimal
    signs = [s for s in [".", ",", " ", "'", "\u2019", "\u00a0", "\u202f"] if s != decimal]
    thousands = r.choice(signs + [None] * 4)
    indian = False
    if thousands:
        form["thousands"] = thousands
        indian = r.random() < 0.15
        if indian:
            form["indian"] = "true"
    whole = random_digits(r, 20)
    fraction = "".join(r.choice("0123456789") for _ in range(r.choice([0, 0, 1, 2, 2, 3, 5, 8, 14])))
    sign = r.choice(["", "", "", "-", "-", "+"])
    minus = "-" if sign == "-" else ""
    uses_groups = bool(thousands) and r.random() < 0.7
    shown_whole = whole
    if uses_groups:
        mark = thousands
        if thousands in ("'", "\u2019"):
            mark = r.choice(["'", "\u2019"])
        if thousands == " ":
            mark = r.choice([" ", " ", "\u00a0", "\u202f"])
        shown_whole = grouped(whole, mark, indian)
    text = sign + shown_whole + (decimal + fraction if fraction else "")
    answer = minus + whole + ("." + fraction if fraction else "")
    kind = r.random()
    if kind < 0.15:
        form["percent"] = "true"
        if r.random() < 0.15:
            return form, text, NO
        text += r.choice(["%", " %", "\u00a0%"])
    elif kind < 0.35 and shown_whole == whole:
        form["exponent"] = "true"
        exponent = r.randint(-20, 20)
        text += r.choice("eE") + (r.choice(["", "+"]) if exponent >= 0 else "") + str(exponent)
        with localcontext(Context(prec=100)):
            value = Decimal(minus + whole + ("." + fraction if fraction else "")).scaleb(exponent)
        # How many zeros an exponent leaves behind is not compared: the value is.
        return form, text, "=" + plain(value)
    elif kind < 0.5:
        return broken(r, form, thousands, decimal, whole, sign, text, indian)
    if not fraction and not uses_groups and "percent" not in form and sign != "+" and r.random() < 0.1 and len(whole) > 1:
        # A missing zero before the point.
        return form, sign + decimal + whole, minus + "0." + whole
    return form, text, answer


def broken(r, form, thousands, decimal, whole, sign, text, indian):
    kind = r.randrange(8)
    other = "," if decimal == "." else "."
    if kind == 0:
        return form, text + "-", NO
    if kind == 1:
        return form, "(" + text + ")", NO
    if kind == 2:
        return form, text + decimal + decimal + "1", NO
    if kind == 3:
        at = r.randint(0, len(text))
        return form, text[:at] + r.choice("abcxyz$€_:") + text[at:], NO
    if kind == 4 and thousands:
        # A separator behind the decimal sign.
        return form, sign + whole + decimal + "12" + thousands + "3", BAD
    if kind == 5 and thousands:
        at = r.randint(0, len(whole))
        head, tail = whole[:at], whole[at:]
        right = len(tail) == 3 and 1 <= len(head) <= (2 if indian else 3) and head[0] != "0"
        # A blank around the value is none of its own.
        right = right or thousands == " " and (not tail or not head and not sign)
        return form, sign + head + thousands + tail, (("-" if sign == "-" else "") + whole) if right else BAD
    if kind == 6 and thousands and len(whole) > 6:
        # One separator where two should be.
        return form, sign + whole[:-3] + thousands + whole[-3:], BAD
    if thousands != other:
        return form, sign + whole + other + "5", NO
    return form, sign + "0" + other + "125", BAD


def fraction_number(r):
    parts = r.choice([8, 32, 32, 32, 64, 128, 256])
    form = {"fraction": str(parts)}
    tail = r.choice([None, None, "eighths", "quarters"])
    if tail:
        form["fraction_tail"] = tail
    whole = r.choice([0, 1, 99, 100, r.randrange(2000)])
    minus = r.choice(["", "", "-"])
    width = len(str(parts - 1))
    kind = r.randrange(6)
    value = None
    if kind == 0:
        ticks = r.randrange(parts + 3)
        if len(str(ticks)) > width:
            ticks = 0
        text = f"{whole}{r.choice(['-', chr(39), chr(0x2019)])}{ticks:0{width}d}"
        if ticks < parts:
            value = Fraction(ticks, parts)
    elif kind == 1:
        ticks = r.randrange(parts)
        text = f"{whole}-{ticks:0{width}d}+"
        value = Fraction(2 * ticks + 1, 2 * parts)
    elif kind == 2 and parts in (32, 64):
        ticks = r.randrange(parts)
        digit = r.randrange(10)
        text = f"{whole}-{ticks:02d}{digit}"
        eighths = Fraction(digit, 8) if digit < 8 else None
        quarters = {0: Fraction(0), 2: Fraction(1, 4), 5: Fraction(1, 2), 7: Fraction(3, 4)}.get(digit)
        if tail == "eighths":
            part = eighths
        elif tail == "quarters":
            part = quarters
        elif eighths is not None and quarters is not None and eighths != quarters:
            return form, minus + text, "ambiguous_fraction"
        else:
            part = eighths
        if part is not None:
            value = (ticks + part) / parts
    elif kind in (3, 4):
        below = r.choice([0, 1, 2, 3, 4, 5, 7, 8, 10, 16, 32, 64, 125, 256, 512])
        above = r.randrange(max(below, 1) + 1)
        text = f"{whole}{r.choice([' ', '  ', chr(0xa0)])}{above}/{below}"
        if below and above < below:
            value = Fraction(above, below)
            rest = value.denominator
            for prime in (2, 5):
                while rest % prime == 0:
                    rest //= prime
            if rest != 1:
                value = None
    else:
        text = f"{whole}.{r.randrange(1000):03d}"
        return form, minus + text, minus + text
    if value is None:
        return form, minus + text, NO
    with localcontext(Context(prec=60)):
        digits = Decimal(value.numerator) / Decimal(value.denominator)
        answer = plain(digits + whole)
    if "." in answer:
        answer = answer.rstrip("0").rstrip(".")
    return form, minus + text, minus + answer


def numbers(seed, count):
    r = random.Random(seed)
    for index in range(count):
        form, text, answer = fraction_number(r) if index % 4 == 3 else number(r)
        keys = ";".join(f"{key}={value}" for key, value in form.items())
        print(keys, text, answer, sep="\t")


# ---- Formulas


class Stop(Exception):
    pass


MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "down": ROUND_DOWN}


def round_to(value, places, mode):
    units = value * 10 ** places
    if units.denominator == 1:
        return value
    if mode == "none":
        raise Stop("decimal_too_long")
    # By hand on whole numbers: decimal would need as many digits as there are.
    sign = -1 if units < 0 else 1
    units = abs(units)
    whole, rest = divmod(units.numerator, units.denominator)
    twice = 2 * rest
    if mode == "half_up" and twice >= units.denominator:
        whole += 1
    if mode == "half_even" and (twice > units.denominator or twice == units.denominator and whole % 2):
        whole += 1
    return Fraction(sign * whole, 10 ** places)


class Maker:
    """Random formulas, each with a function that computes it."""

    def __init__(self, r, names):
        self.r, self.names = r, names

    def expression(self, depth):
        left, compute = self.term(depth)
        for _ in range(self.r.choice([0, 1, 1, 2])):
            sign = self.r.choice("+-")
            right, other = self.term(depth)
            left += self.blank() + sign + self.blank() + right
            compute = self.binary(sign, compute, other)
        return left, compute

    def term(self, depth):
        left, compute = self.signed(depth)
        for _ in range(self.r.choice([0, 0, 1, 1, 2])):
            sign = self.r.choice("**/")
            right, other = self.signed(depth)
            if sign == "/" and right.strip("(0.)") == "":
                continue
            left += self.blank() + sign + self.blank() + right
            compute = self.binary(sign, compute, other)
        return left, compute

    def signed(self, depth):
        if self.r.random() < 0.1:
            text, compute = self.signed(depth)
            return "-" + self.blank() + text, lambda v, m: -compute(v, m)
        return self.value(depth)

    def value(self, depth):
        kind = self.r.random()
        if depth <= 0 or kind < 0.5:
            if self.r.random() < 0.3:
                text = self.r.choice(["0", "1", "2", "10", "100", "0.5", "1.10", "365", "0.0001", str(self.r.randrange(10 ** 20))])
                return text, lambda v, m: Fraction(text)
            index = self.r.randrange(len(self.names))
            name = self.names[index]
            return name, lambda v, m: v[name]
        if kind < 0.7:
            text, compute = self.expression(depth - 1)
            return "(" + text + ")", compute
        if kind < 0.78:
            text, compute = self.expression(depth - 1)
            return f"abs({text})", lambda v, m: abs(compute(v, m))
        if kind < 0.86:
            text, compute = self.expression(depth - 1)
            places = self.r.randint(0, 14)
            return f"round({text}, {places})", lambda v, m: round_to(compute(v, m), places, m)
        parts = [self.expression(depth - 1) for _ in range(self.r.choice([2, 2, 3]))]
        pick, word = self.r.choice([(min, "min"), (max, "max")])
        return f"{word}({', '.join(p[0] for p in parts)})", lambda v, m: pick([p[1](v, m) for p in parts])

    @staticmethod
    def binary(sign, a, b):
        def compute(v, m):
            x, y = a(v, m), b(v, m)
            if sign == "+":
                return x + y
            if sign == "-":
                return x - y
            if sign == "*":
                return x * y
            if y == 0:
                raise Stop("division_by_zero")
            return x / y

        return compute

    def blank(self):
        return self.r.choice(["", " ", " "])


def operand(r):
    kind = r.randrange(10)
    if kind == 0:
        return "0"
    if kind == 1:
        return str(r.randrange(10 ** r.randint(1, 38)))
    if kind == 2:
        return f"{r.randrange(1, 1000)}e{r.randint(-20, 20)}"
    if kind == 3:
        return ""
    whole = r.choice([0, 1, r.randrange(100), r.randrange(10 ** 6)])
    places = r.choice([1, 2, 2, 3, 4, 5, 8, 14])
    return f"{r.choice(['', '', '-'])}{whole}.{r.randrange(10 ** places):0{places}d}"


def formulas(seed, count):
    r = random.Random(seed)
    names = ["a", "b", "[Px Bid]", "$c", "quote.bid"]
    for _ in range(count):
        while True:
            text, compute = Maker(r, names).expression(r.choice([0, 1, 1, 2]))
            # Of a longer one the numbers in between may need more bits than Postbox takes.
            if len(text) <= 120:
                break
        used = list(dict.fromkeys(re.findall(r"\[Px Bid\]|\$c|quote\.bid|\b[ab]\b", text)))
        values = {name: operand(r) for name in used}
        scale = r.choice(["", "", "", "100", "0.01", "-1", "2.5"])
        places = r.choice([-1, 0, 2, 4, 6, 10, 14])
        mode = r.choice(["half_up", "half_up", "half_even", "down", "none"])
        print(text, ";".join(values[name] for name in used), scale, places, mode,
              result(compute, values, scale, places, mode), sep="\t")


def result(compute, values, scale, places, mode):
    if any(value == "" for value in values.values()):
        return ""
    try:
        value = compute({name: Fraction(text) for name, text in values.items()}, mode)
        if scale:
            value *= Fraction(scale)
        if places >= 0:
            value = round_to(value, places, mode)
        units = value * 10 ** 14
        if units.denominator != 1:
            return "decimal_too_long"
        units, decimals = abs(units.numerator), 14
        while decimals and units % 10 == 0:
            units, decimals = units // 10, decimals - 1
        if units >= 2 ** 64:
            return "decimal_too_long"
    except Stop as stop:
        return str(stop)
    with localcontext(Context(prec=200)):
        answer = plain(Decimal(value.numerator) / Decimal(value.denominator))
    if "." in answer:
        answer = answer.rstrip("0").rstrip(".")
    return "0" if answer == "-0" else answer


if __name__ == "__main__":
    {"numbers": numbers, "formulas": formulas}[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3]))
