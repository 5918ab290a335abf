#!/usr/bin/env python3
"""Makes the man pages: of the commands from what the program tells of itself, of postbox.yaml from the article Settings.

manpages.py HELP.json Settings.md VERSION DATE FOLDER
HELP.json is what `postbox --experimental-dump-help` prints.
"""
import json
import pathlib
import re
import sys

HEAD = '.\\" Made by .ci/debian/manpages.py; changes belong to the program or to the article Settings.\n'


def plain(text):
    """Text that roff prints as it is."""
    return text.replace("\\", "\\e")


def literal(text):
    """The same for what is typed: a hyphen is the one of the keyboard."""
    return plain(text).replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga").replace("^", "\\(ha").replace("~", "\\(ti")


def line(text):
    """A line that is no request, whatever it begins with."""
    return "\\&" + text if text[:1] in (".", "'") else text


def inline(text):
    """Markdown within a paragraph."""
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text)
    out = []
    for part in re.split(r"(`+[^`]+`+|\*\*[^*]+\*\*)", text):
        if part.startswith("`"):
            out.append("\\fB" + literal(part.strip("`")) + "\\fR")
        elif part.startswith("**"):
            out.append("\\fB" + plain(part[2:-2]) + "\\fR")
        else:
            out.append(plain(re.sub(r"(?<!\*)\*([^*]+)\*", r"\1", part)))
    return line("".join(out))


def example(lines):
    return "\n.RS 4\n.EX\n" + "\n".join(line(literal(one)) for one in lines) + "\n.EE\n.RE\n"


def prose(text):
    """Paragraphs of help; what is set in columns or lines stays so."""
    out = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        lines = paragraph.split("\n")
        if len(lines) > 1 and any("  " in one.rstrip() for one in lines):
            out.append(example(lines))
        else:
            out.append(".PP\n" + line(plain(" ".join(one.strip() for one in lines))) + "\n")
    return "".join(out)


def names(argument):
    texts = []
    for name in sorted(argument.get("names", []), key=lambda one: one["kind"] != "short"):
        texts.append(("--" if name["kind"] == "long" else "-") + name["name"])
    return texts


def value(argument):
    return argument.get("valueName") or "value"


def usage(argument):
    more = "\\ .\\|.\\|." if argument.get("isRepeating") else ""
    if argument["kind"] == "positional":
        text = "\\fI" + plain(value(argument)) + "\\fR" + more
    else:
        preferred = argument["preferredName"]
        text = "\\fB" + literal(("--" if preferred["kind"] == "long" else "-") + preferred["name"]) + "\\fR"
        if argument["kind"] == "option":
            text += "\\ \\fI" + plain(value(argument)) + "\\fR"
    return f"[{text}]" if argument.get("isOptional") else text


def described(argument):
    if argument["kind"] == "positional":
        term = "\\fI" + plain(value(argument)) + "\\fR"
    else:
        term = ", ".join("\\fB" + literal(one) + "\\fR" for one in names(argument))
        if argument["kind"] == "option":
            term += " \\fI" + plain(value(argument)) + "\\fR"
    text = plain((argument.get("abstract") or "").strip())
    if argument.get("allValues"):
        text += " One of " + ", ".join("\\fB" + literal(one) + "\\fR" for one in argument["allValues"]) + "."
    if argument.get("defaultValue"):
        text += " Default: \\fB" + literal(argument["defaultValue"]) + "\\fR."
    more = argument.get("discussion")
    return f".TP\n{term}\n{line(text.strip())}\n" + (prose(more) if more else "")


def shown(items):
    return [one for one in items or [] if one.get("shouldDisplay", True)]


def body(command, path, headings=(".SH SYNOPSIS", ".SH DESCRIPTION", ".SH OPTIONS")):
    arguments = shown(command.get("arguments"))
    commands = [one for one in shown(command.get("subcommands")) if one["commandName"] != "help"]
    synopsis = "\\fB" + literal(" ".join(path)) + "\\fR"
    words = [usage(one) for one in arguments] if not commands else ["\\fIcommand\\fR [\\fIoption\\fR\\ .\\|.\\|.]"]
    text = f"{headings[0]}\n{synopsis}\n" + "\n".join(line(one) for one in words) + "\n"
    text += f"{headings[1]}\n{line(plain(command.get('abstract') or ''))}\n" + prose(command.get("discussion") or "")
    if arguments:
        text += headings[2] + "\n" + "".join(described(one) for one in arguments)
    return text, commands


def page(command, path, version, date, others):
    title = "-".join(path)
    text = HEAD + f'.TH "{literal(title.upper())}" 1 "{date}" "postbox {version}" "Postbox"\n'
    text += f".SH NAME\n{literal(title)} \\- {plain((command.get('abstract') or '').rstrip('.'))}\n"
    own, commands = body(command, path)
    text += own
    if len(path) == 1:
        text += ".SH COMMANDS\n"
        for one in commands:
            text += f".TP\n\\fB{literal('postbox-' + one['commandName'])}\\fR(1)\n{line(plain(one.get('abstract') or ''))}\n"
        text += (
            ".SH FILES\n.TP\n\\fI/etc/postbox/postbox.yaml\\fR\nThe configuration of the service; see\n.BR postbox.yaml (5).\n"
            ".TP\n\\fI/var/lib/postbox\\fR\nThe spool: inbox, work, done, failed and state.\n"
            ".TP\n\\fI/run/postbox/postbox.sock\\fR\nWhere the running service listens to the group postbox\\-desk.\n")
    else:
        for one in commands:
            inner = path + [one["commandName"]]
            text += body(one, inner, (f".SH {literal(' '.join(inner).upper())}", ".PP", ".PP"))[0]
    text += ".SH SEE ALSO\n"
    others = [one for one in others if one != (title, 1)]
    return text + " ,\n".join(f".BR {literal(name)} ({section})" for name, section in others).replace(") ,", "),") + "\n"


def cells(row):
    return [one.strip().replace("\\|", "|") for one in re.split(r"(?<!\\)\|", row.strip().strip("|"))]


def table(rows):
    head, out = cells(rows[0]), []
    for row in rows[2:]:
        values = cells(row)
        facts = []
        for name, one in list(zip(head, values))[1:-1]:
            if one:
                facts.append(inline(one) if name == "type" or one == "required" else f"{plain(name)} {inline(one)}")
        facts = ", ".join(facts)
        out.append(f".TP\n{inline(values[0])}\n" + (line(f"({facts})") + "\n" if facts else "") + inline(values[-1]) + "\n")
    return "".join(out)


def settings(text, version, date):
    lines = text.split("\n")
    out = HEAD + f'.TH "POSTBOX.YAML" 5 "{date}" "postbox {version}" "Postbox"\n'
    out += ".SH NAME\npostbox.yaml \\- the configuration of postbox\n.SH DESCRIPTION\n"
    at = 0
    while at < len(lines):
        one = lines[at]
        if one.startswith("# ") or one.strip() == "## Overview" or not one.strip():
            at += 1
            continue
        if one.startswith("#"):
            level, title = len(one) - len(one.lstrip("#")), one.lstrip("# ")
            title = plain(title.replace("`", ""))
            out += (".SH " if level == 2 else ".SS ") + (title.upper() if level == 2 else title) + "\n"
            at += 1
        elif one.startswith("```"):
            end = at + 1
            while not lines[end].startswith("```"):
                end += 1
            out += example(lines[at + 1:end])
            at = end + 1
        elif one.startswith("|"):
            end = at
            while end < len(lines) and lines[end].startswith("|"):
                end += 1
            out += table(lines[at:end])
            at = end
        elif re.match(r"\s*(?:[*-]|\d+\.) ", one):
            mark = re.match(r"\s*(?:[*-]|\d+\.) ", one).group(0)
            item, at = [one[len(mark):]], at + 1
            while at < len(lines) and lines[at].startswith("  ") and not re.match(r"\s*(?:[*-]|\d+\.) ", lines[at]):
                item.append(lines[at].strip())
                at += 1
            sign = "\\(bu" if mark.strip() in "*-" else mark.strip()
            out += f'.IP "{sign}" 4\n' + inline(" ".join(item)) + "\n"
        else:
            item = []
            while at < len(lines) and lines[at].strip() and not re.match(r"#|```|\||\s*[*-] ", lines[at]):
                item.append(lines[at].strip())
                at += 1
            out += ".PP\n" + inline(" ".join(item)) + "\n"
    return out + ".SH SEE ALSO\n.BR postbox (1),\n.BR postbox\\-config (1)\n"


def main():
    help_file, article, version, date, folder = sys.argv[1:]
    root = json.loads(pathlib.Path(help_file).read_text())["command"]
    target = pathlib.Path(folder)
    commands = [one for one in shown(root["subcommands"]) if one["commandName"] != "help"]
    others = [("postbox", 1)] + [("postbox-" + one["commandName"], 1) for one in commands] + [("postbox.yaml", 5)]
    (target / "man1").mkdir(parents=True, exist_ok=True)
    (target / "man5").mkdir(parents=True, exist_ok=True)
    (target / "man1/postbox.1").write_text(page(root, ["postbox"], version, date, others[1:]))
    for one in commands:
        path = ["postbox", one["commandName"]]
        few = [("postbox", 1), ("postbox.yaml", 5)]
        (target / f"man1/{'-'.join(path)}.1").write_text(page(one, path, version, date, few))
    text = pathlib.Path(article).read_text()
    (target / "man5/postbox.yaml.5").write_text(settings(text, version, date))


main()
