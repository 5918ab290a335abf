#!/usr/bin/env python3
"""Writes seeded workbooks with openpyxl, and the CSV that each of them has to be read as.

    xlsx.py FOLDER SEED COUNT

Writes FOLDER/N.xlsx and FOLDER/N.csv, and prints `N<tab>SHEET` a workbook, where SHEET is the name to be asked for, or nothing
for the first one. What the CSV must be is worked out here from the values, not by openpyxl's own reading.
"""

import csv
import datetime
import io
import random
import sys
from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path

from openpyxl import Workbook


def plain(value):
    """A number as Excel shows it: 15 significant digits, no exponent. openpyxl stores sixteen of a float's."""
    stored = format(value, ".16g") if isinstance(value, float) else str(value)
    rounded = Context(prec=15, rounding=ROUND_HALF_UP).create_decimal(Decimal(stored))
    text = format(rounded, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


FORMATS = {
    "date": ["yyyy-mm-dd", "dd.mm.yyyy", "d/m/yy", 'mmm yyyy "Tag"', "[$-407]d. mmmm yyyy;@", "mm-dd-yy"],
    "time": ["h:mm", "hh:mm:ss", "mm:ss.0", "h:mm AM/PM"],
    "datetime": ["yyyy-mm-dd hh:mm:ss", "m/d/yy h:mm", 'd.m.yyyy "um" h:mm:ss'],
    "number": ["General", "0.00", "#,##0.00", "0.00E+00", '0.0 "days"', "[Red]-0.0;0.0", "0\\d", "# ?/?", "0%", "@", '"yyyy"0'],
}


def cell(choose, sheet, row, column):
    """Puts something into a cell; gives back what it must be read as."""
    kind = choose.randrange(10)
    target = sheet.cell(row=row, column=column)
    if kind < 3:
        value = choose.choice([
            choose.uniform(-1000, 1000), choose.randrange(-10**6, 10**6), choose.randrange(10**15), choose.uniform(0, 1e-7),
            choose.randrange(10**9) / 1e4, 1.1, 0.1 + 0.2, 0, 1e21, -2.5e-9, choose.uniform(1e14, 1e17)])
        target.value = value
        target.number_format = choose.choice(FORMATS["number"])
        return plain(value)
    if kind == 3:
        day = datetime.date(1904, 1, 2) + datetime.timedelta(days=choose.randrange(60000))
        target.value = day
        target.number_format = choose.choice(FORMATS["date"])
        return day.isoformat()
    if kind == 4:
        stamp = datetime.datetime(1950, 1, 1) + datetime.timedelta(seconds=choose.randrange(4 * 10**9))
        if choose.random() < 0.3:
            stamp += datetime.timedelta(milliseconds=choose.randrange(1, 1000))
        target.value = stamp
        target.number_format = choose.choice(FORMATS["datetime"])
        text = stamp.isoformat(timespec="milliseconds" if stamp.microsecond else "seconds")
        return text
    if kind == 5:
        time = (datetime.datetime(2000, 1, 1) + datetime.timedelta(seconds=choose.randrange(86400))).time()
        target.value = time
        target.number_format = choose.choice(FORMATS["time"])
        return time.isoformat()
    if kind == 6:
        target.value = choose.random() < 0.5
        return "TRUE" if target.value else "FALSE"
    if kind < 9:
        text = "".join(choose.choice("abcÄß €,;\"'\t<>&=\u4e00\U0001F600 .0") for _ in range(choose.randrange(1, 12)))
        if choose.random() < 0.1:
            text += "\nmore"
        if text.startswith("="):
            text = "x" + text
        if text.strip() == "":
            text = "blank"
        target.value = text
        target.data_type = "s"
        return text
    return ""


def main():
    folder, seed, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    for number in range(count):
        choose = random.Random(seed * 1000 + number)
        book = Workbook()
        first = book.active
        first.title = "Prices & more"
        others = [book.create_sheet(f"Sheet {n}") for n in range(choose.randrange(3))]
        if choose.random() < 0.3:
            from openpyxl.utils.datetime import CALENDAR_MAC_1904
            book.epoch = CALENDAR_MAC_1904
        asked = choose.choice([None, first] + others)
        lines = {}
        for sheet in [first] + others:
            rows = []
            at = 0
            for _ in range(choose.randrange(1, 12)):
                gap = choose.choice([0, 0, 0, 1, 3])
                rows += [[] for _ in range(gap)]
                at += gap + 1
                row = []
                for column in range(1, choose.randrange(2, 9)):
                    row.append(cell(choose, sheet, at, column) if choose.random() < 0.8 else "")
                while row and row[-1] == "":
                    row.pop()
                rows.append(row)
            while rows and not rows[-1]:
                rows.pop()
            lines[sheet.title] = rows
        book.save(folder / f"{number}.xlsx")
        out = io.StringIO()
        for row in lines[(asked or first).title]:
            csv.writer(out, lineterminator="\n").writerow(row)
        (folder / f"{number}.csv").write_text(out.getvalue(), encoding="utf-8", newline="")
        print(f"{number}\t{asked.title if asked else ''}")


main()
