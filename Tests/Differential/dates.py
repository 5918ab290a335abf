"""Dates, times and zones as Python's datetime and zoneinfo have them, one case a line, its parts parted by tabs.

    dates.py zones SEED COUNT    zone, epoch, local date, local time, stamp, UTC date, UTC time
    dates.py patterns SEED COUNT pattern, text, date, time

A local stamp that does not exist or exists twice has `ambiguous` for its UTC date and time; what is no date or time has `-`.
"""

import datetime
import random
import sys
import zoneinfo

ZONES = [
    "Africa/Cairo", "Africa/Casablanca", "America/Caracas", "America/Chicago", "America/New_York", "America/Nuuk",
    "America/Sao_Paulo", "America/St_Johns", "Antarctica/Troll", "Asia/Gaza", "Asia/Hong_Kong", "Asia/Kolkata",
    "Asia/Pyongyang", "Asia/Tehran", "Asia/Tokyo", "Australia/Lord_Howe", "Australia/Sydney", "Europe/Dublin",
    "Europe/Istanbul", "Europe/Lisbon", "Europe/London", "Europe/Moscow", "Europe/Zurich", "Pacific/Apia",
]
DAY = 86400
FIRST = 0
LAST = int(datetime.datetime(2070, 1, 1, tzinfo=datetime.timezone.utc).timestamp()) - 1
EPOCH = datetime.datetime(1970, 1, 1)


def naive(seconds):
    return EPOCH + datetime.timedelta(seconds=seconds)


def offset(zone, instant):
    """Seconds ahead of UTC at an instant."""
    aware = naive(instant).replace(tzinfo=datetime.timezone.utc).astimezone(zone)
    return int(aware.utcoffset().total_seconds())


def transitions(zone):
    """The first second of each new offset. No two changes are within one day of each other."""
    found = []
    before = offset(zone, FIRST)
    for day in range(FIRST, LAST, DAY):
        after = offset(zone, day + DAY)
        if after != before:
            low, high = day, day + DAY
            while high - low > 1:
                middle = (low + high) // 2
                if offset(zone, middle) == before:
                    low = middle
                else:
                    high = middle
            found.append(high)
        before = after
    return found


def local(zone, stamp):
    """The instant of a local time, or None where there is none or there are two."""
    first = stamp.replace(tzinfo=zone, fold=0).utcoffset()
    second = stamp.replace(tzinfo=zone, fold=1).utcoffset()
    return stamp - first if first == second else None


def zones(choices, count):
    # Some zones at a time where few cases are wanted.
    names = ZONES if count >= 50_000 else choices.sample(ZONES, 8)
    changes = {name: transitions(zoneinfo.ZoneInfo(name)) for name in names}
    total = sum(len(c) + 20 for c in changes.values())
    for name in names:
        zone = zoneinfo.ZoneInfo(name)
        # Each change, and some seconds of no change at all.
        places = changes[name] + [choices.randint(FIRST, LAST) for _ in range(20)]
        for place in places:
            each = max(1, -(-count // total))
            for number in range(each):
                reach = choices.choice([0, 1, 2, 3600, 7200, 4 * 3600, 30 * 3600, 4 * DAY])
                instant = min(max(place + choices.randint(-reach, reach), FIRST), LAST)
                shown = naive(instant + offset(zone, instant))
                # Around the change by the clock before it and the one behind it.
                other = place - 1 if number % 2 else place
                stamp = naive(place + offset(zone, other) + choices.randint(-reach, reach))
                utc = local(zone, stamp)
                print(
                    name, instant, shown.strftime("%Y-%m-%d"), shown.strftime("%H:%M:%S"),
                    stamp.strftime("%Y-%m-%d %H:%M:%S"), utc.strftime("%Y-%m-%d") if utc else "ambiguous",
                    utc.strftime("%H:%M:%S") if utc else "ambiguous", sep="\t")


# Unicode's letters, Python's, and what is written.
DATES = [
    ("dd.MM.yyyy", "%d.%m.%Y", "{d:02}.{m:02}.{y:04}"), ("d.M.yyyy", "%d.%m.%Y", "{d}.{m}.{y:04}"),
    ("yyyyMMdd", "%Y%m%d", "{y:04}{m:02}{d:02}"), ("yyyy-MM-dd", "%Y-%m-%d", "{y:04}-{m:02}-{d:02}"),
    ("dd/MM/yy", "%d/%m/%y", "{d:02}/{m:02}/{yy:02}"), ("MM/dd/yyyy", "%m/%d/%Y", "{m:02}/{d:02}/{y:04}"),
    ("dd-MMM-yy", "%d-%b-%y", "{d:02}-{mon}-{yy:02}"), ("d MMMM yyyy", "%d %B %Y", "{d} {month} {y:04}"),
    ("EEE, dd MMM yyyy", "%a, %d %b %Y", "{dow}, {d:02} {mon} {y:04}"),
    ("EEEE d. MMMM yyyy", "%A %d. %B %Y", "{weekday} {d}. {month} {y:04}"),
]
TIMES = [
    ("HH:mm:ss", "%H:%M:%S", "{h:02}:{n:02}:{s:02}", 0), ("H:mm", "%H:%M", "{h}:{n:02}", 0),
    ("HHmmss", "%H%M%S", "{h:02}{n:02}{s:02}", 0), ("HH:mm:ss.SSS", "%H:%M:%S.%f", "{h:02}:{n:02}:{s:02}.{f3:03}", 3),
    ("HH:mm:ss,SSSSSS", "%H:%M:%S,%f", "{h:02}:{n:02}:{s:02},{f6:06}", 6), ("h:mm a", "%I:%M %p", "{h}:{n:02} {ap}", 0),
    ("hh:mm:ssa", "%I:%M:%S%p", "{h:02}:{n:02}:{s:02}{ap}", 0),
]
OFFSETS = [("", "", ""), ("XXX", "%z", "{sign}{oh:02}:{om:02}"), ("xx", "%z", "{sign}{oh:02}{om:02}"), ("XXX", "%z", "Z")]
MONTHS = "January February March April May June July August September October November December".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


def patterns(choices, count):
    for _ in range(count):
        day, time, zone = choices.choice(DATES), choices.choice(TIMES), choices.choice(OFFSETS)
        odd = choices.random() < 0.3
        year = choices.randint(1970, 2069)
        if "yyyy" in day[0] and choices.random() < 0.5:
            # No offset leads out of the years that there are.
            year = choices.randint(2, 9998)
        number, month = choices.randint(*((0, 32) if odd else (1, 31))), choices.randint(1, 12)
        written = choices.choice([month, 0, 13]) if odd else month
        try:
            week = datetime.date(year, month, number).weekday()
        except ValueError:
            week = 0
        if odd and choices.random() < 0.3:
            week = choices.randint(0, 6)
        values = {
            "y": year, "yy": year % 100, "m": written, "d": number, "mon": MONTHS[month - 1][:3], "month": MONTHS[month - 1],
            "dow": DAYS[week][:3], "weekday": DAYS[week],
            "h": choices.randint(*((0, 25) if odd else ((1, 12) if "h" in time[0] else (0, 23)))),
            "n": choices.randint(0, 61 if odd else 59), "s": choices.randint(0, 61 if odd else 59),
            "f3": choices.randint(0, 999), "f6": choices.randint(0, 999_999), "ap": choices.choice(["AM", "PM", "am", "pm"]),
            "sign": choices.choice("+-"), "oh": choices.randint(0, 13), "om": choices.choice([0, 30, 45]),
        }
        text = (day[2] + " " + time[2] + zone[2]).format(**values)
        letters = choices.choice([str, str.upper, str.lower])
        # Upper and lower case are the same in names alone.
        if "Z" not in text:
            text = letters(text)
        date, clock = "-", "-"
        try:
            read = datetime.datetime.strptime(text, day[1] + " " + time[1] + zone[1])
            if "%y" in day[1]:
                # Python's 69 is 1969.
                read = read.replace(year=year)
            if "E" not in day[0] or read.weekday() == week:
                if zone[0]:
                    read = read.astimezone(datetime.timezone.utc)
                date = f"{read.year:04}-{read.month:02}-{read.day:02}"
                clock = read.strftime("%H:%M:%S")
                if time[3]:
                    clock += "." + read.strftime("%f")[: time[3]]
        except (ValueError, OverflowError):
            pass
        print(day[0] + " " + time[0] + zone[0], text, date, clock, sep="\t")


if __name__ == "__main__":
    kind, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    {"zones": zones, "patterns": patterns}[kind](random.Random(seed), count)
