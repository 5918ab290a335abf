"""Reads files of delimited text with Python's csv module, each in its own dialect.

    csv_dialects.py FILES

FILES has a file a line: the delimiter, the quote (or -) and the file's bytes, all but the - as hexadecimal digits. For each
a line is printed: rows with a semicolon behind each, their cells with a comma behind each, as hexadecimal digits.
"""

import csv
import io
import sys


def rows(delimiter, quote, content):
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")
    if quote is None:
        dialect = {"quoting": csv.QUOTE_NONE, "quotechar": None}
    else:
        dialect = {"quoting": csv.QUOTE_MINIMAL, "quotechar": quote}
    return csv.reader(text, delimiter=delimiter, doublequote=True, **dialect)


def main():
    csv.field_size_limit(1 << 24)
    with open(sys.argv[1]) as files:
        for line in files:
            delimiter, quote, content = line.rstrip("\n").split(" ")
            found = rows(
                bytes.fromhex(delimiter).decode(),
                None if quote == "-" else bytes.fromhex(quote).decode(),
                bytes.fromhex(content),
            )
            print("".join("".join(cell.encode().hex() + "," for cell in row) + ";" for row in found if row))


main()
