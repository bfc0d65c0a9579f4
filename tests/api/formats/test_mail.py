"""E-mail: what the subject says, and messages that are broken."""

import base64
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.formats import mail
from domain.intake.signal import Action, Signal
from domain.severity import from_word

HEADERS = (
    b"From: Nagios <nagios@mon.example>\r\nDate: Sat, 21 Nov 2026 06:40:02 +0100\r\nMessage-ID: <1@mon.example>\r\n"
)


def _mail(subject: str, text: str = "text") -> Signal:
    message = EmailMessage()
    message["From"] = "Nagios <nagios@mon.example>"
    message["Subject"] = subject
    message.set_content(text)
    return mail.read(mail.parse(message.as_bytes()))


@pytest.mark.parametrize(
    ("begun", "over", "fingerprint"),
    [
        (
            "** PROBLEM Service Alert: web-1/Disk is CRITICAL **",
            "** RECOVERY Service Alert: web-1/Disk is OK **",
            "service alert web-1/disk",
        ),
        ("Problem: Disk full on db-1", "Resolved in 5m 3s: Disk full on db-1", "disk full on db-1"),
        ("[FIRING:1] HighErrorRate checkout", "[RESOLVED] HighErrorRate checkout", "higherrorrate checkout"),
        ("Monitor is DOWN: shop", "Monitor is UP: shop", "monitor shop"),
        ('ALARM: "cpu high" in EU (Ireland)', 'OK: "cpu high" in EU (Ireland)', "cpu high in eu ireland"),
        ("[Triggered on {host:a}] CPU is high", "[Recovered on {host:a}] CPU is high", "cpu is high"),
        ("[CRITICAL] Disk full", "Re: [Resolved] [Critical] disk FULL", "disk full"),
        ("[shop] DOWN: checkout", "Fwd: [shop] checkout back to normal", None),
        ("Load on web-1", "Load on web-1 is back to normal", "load on web-1"),
        ("PROBLEM - Queue grows", "RECOVERY - Queue grows", "queue grows"),
        ("Alert: température élevée", "Alert: [OK] température élevée", "température élevée"),
    ],
)
def test_problem_and_recovery_meet(begun: str, over: str, fingerprint: str | None) -> None:
    first, last = _mail(begun), _mail(over)
    assert (first.action, last.action) == (Action.TRIGGER, Action.RESOLVE)
    if fingerprint:
        assert first.fingerprint == last.fingerprint == fingerprint


@pytest.mark.parametrize(
    ("subject", "action"),
    [
        ("The job is done, everything OK with the backup", Action.TRIGGER),
        ("Disk usage is up 90 %", Action.TRIGGER),
        ("Update available", Action.TRIGGER),
        ("[ACK] Disk full", Action.ACKNOWLEDGE),
        ("** ACKNOWLEDGEMENT Service Alert: web-1/Disk is CRITICAL **", Action.ACKNOWLEDGE),
        ("RECOVERED: queue", Action.RESOLVE),
        ("OK", Action.TRIGGER),
        ("", Action.TRIGGER),
        ("OK Google integration is down", Action.TRIGGER),
        ("UP link between sites lost", Action.TRIGGER),
        ("NORMAL mode exited: core router", Action.TRIGGER),
        ("FIXED price job failed", Action.TRIGGER),
        ("CLOSED circuit of door 3", Action.TRIGGER),
        ("RECOVERY site is DOWN", Action.TRIGGER),
        ("Replica is UP: primary is DOWN", Action.TRIGGER),
        ("RECOVERY Service Alert: web-1/Disk is OK", Action.RESOLVE),
        ("RECOVERED: web-1 is down", Action.RESOLVE),
        ("[OK] web-1 is down", Action.RESOLVE),
        ("OK - web-1 is down", Action.RESOLVE),
        ("ALERT: web-1 is back to normal", Action.RESOLVE),
        ("[CRITICAL] web-1 is OK", Action.RESOLVE),
    ],
)
def test_what_a_subject_asks_for(subject: str, action: Action) -> None:
    assert _mail(subject).action is action


@pytest.mark.parametrize(
    ("subject", "short"),
    [
        ("[CRITICAL] x", "SEV1"),
        ("(P2) x", "SEV2"),
        ("[SEV4] x", "SEV4"),
        ("[warn] x", "SEV2"),
        ("x is CRITICAL", "SEV1"),
        ("x", "SEV3"),
        ("the load is low", "SEV3"),
        ("RECOVERY: x is OK", "SEV3"),
    ],
)
def test_the_severity(subject: str, short: str) -> None:
    assert from_word(_mail(subject).severity).short == short


def test_all_that_is_taken_from_a_message() -> None:
    raw = HEADERS + (
        b"Subject: =?utf-8?q?PROBLEM=3A_Stra=C3=9Fe_gesperrt?=\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: 8bit\r\n\r\nSee https://mon.example/a?b=1.\r\nGr\xc3\xbc\xc3\x9fe\r\n"
    )
    signal = mail.read(mail.parse(raw))
    assert signal.title == "PROBLEM: Straße gesperrt"
    assert signal.fingerprint == "strasse gesperrt"
    assert signal.description.splitlines() == ["See https://mon.example/a?b=1.", "Grüße"]
    assert [link.href for link in signal.links] == ["https://mon.example/a?b=1"]
    assert signal.labels == {"from": "nagios@mon.example"}
    assert signal.actor == "Nagios <nagios@mon.example>"
    assert signal.detected_at is not None and signal.detected_at.isoformat() == "2026-11-21T05:40:02+00:00"
    assert signal.raw["headers"]["Message-ID"] == "<1@mon.example>"


def test_html_without_its_tags() -> None:
    message = EmailMessage()
    message["Subject"] = "x"
    message.set_content(
        "<html><head><style>p{}</style><title>t</title></head><body><p>Disk <b>full</b> &amp; slow</p>"
        "<script>bad()</script><table><tr><td>host</td><td>db-1</td></tr></table>"
        "<a href='https://mon.example'>more</a></body>",
        subtype="html",
    )
    signal = mail.read(message)
    assert signal.description.split() == ["Disk", "full", "&", "slow", "host", "db-1", "https://mon.example", "more"]
    assert [link.href for link in signal.links] == ["https://mon.example"]


def test_text_goes_before_html_and_attachments_are_left() -> None:
    message = EmailMessage()
    message["Subject"] = "x"
    message.set_content("the text")
    message.add_alternative("<p>the html</p>", subtype="html")
    message.add_attachment("an attachment", filename="log.txt")
    assert mail.read(mail.parse(message.as_bytes())).description == "the text"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"no header at all",
        b"Subject: \xff\xfe\x00 broken\r\n\r\n\xff\xfe",
        b"Subject: =?nonsense?q?=FF?=\r\n\r\nx",
        b"Subject: =?utf-8?b?!!!?=\r\nFrom: <<<@@>,;\r\nDate: yesterday\r\n\r\nx",
        b"Subject: x\r\nContent-Type: text/plain; charset=klingon\r\n\r\n\xe9t\xe9",
        b"Subject: x\r\nContent-Type: text/plain; charset*=x'y\r\n\r\n\xe9t\xe9",
        b"Subject: x\r\nContent-Type: multipart/mixed\r\n\r\nno boundary",
        b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\ncut",
        b"Subject: x\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%",
        b"Subject: x\r\nContent-Type: text/html\r\n\r\n<![endif]--><p <!-- &#x110000; <![CDATA[",
        b"Subject: x\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninner text",
        b"Subject: a\r\nSubject: b\r\n\r\nx",
        b"Content-Disposition: ;;;=\r\nContent-Type: ;\r\nSubject: x\r\n\r\nx",
        b"From: " + b"(" * 3000 + b"\r\nSubject: " + b"[" * 3000 + b"\r\n\r\nx",
    ],
)
def test_a_broken_message_never_raises(raw: bytes) -> None:
    signal = mail.read(mail.parse(raw))
    assert signal.title and signal.model_dump_json()


def test_what_cannot_be_decoded_is_read_as_well_as_it_goes() -> None:
    raw = b"Subject: x\r\nContent-Type: text/plain; charset=klingon\r\n\r\nhere: \xc3\xa9"
    assert mail.read(mail.parse(raw)).description == "here: é"


@given(subject=st.binary(max_size=60), kind=st.binary(max_size=40), body=st.binary(max_size=200))
def test_arbitrary_bytes(subject: bytes, kind: bytes, body: bytes) -> None:
    raw = b"Subject: " + subject + b"\r\nContent-Type: " + kind + b"\r\nFrom: " + body[:40] + b"\r\n\r\n" + body
    assert mail.read(mail.parse(raw)).model_dump_json()


@given(subject=st.text())
def test_arbitrary_subjects(subject: str) -> None:
    assert mail.read(mail.parse(b"Subject: " + subject.encode("utf-8", "replace") + b"\r\n\r\nx")).title


@pytest.mark.timeout(20)
@pytest.mark.parametrize("tag", ["<p ", "<p a", "<a href=", "<p a='", "<!--", "<![CDATA[>", "&#", "https://"])
def test_html_made_to_be_slow_is_read_in_time(tag: str) -> None:
    raw = b"Subject: x\r\nContent-Type: text/html\r\n\r\n" + tag.encode() * 30_000
    assert mail.read(mail.parse(raw)).title == "x"


def _nested(levels: int) -> bytes:
    parts = (b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (one, one) for one in range(levels))
    return b"Subject: deep\r\n" + b"".join(parts) + b"\r\nthe text\r\n"


def _of_parts(count: int) -> bytes:
    head = b"Subject: many\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    return head + b"--b\r\n\r\nthe text\r\n" * count


_REPORT = b"Subject: report\r\nContent-Type: message/delivery-status\r\n\r\n"
_TYPE = b"Content-Type: text/plain;"


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (_nested(1500), "--b7"),
        (_nested(1500).replace(b"\r\n", b"\r"), "--b7"),
        (_nested(200) + b"x\r\n" * 50_000, "--b7"),
        (_of_parts(50_000), "--b"),
        (b"Subject: mails\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 3000, "message/rfc822"),
        (_REPORT + b"a: b\r\n\r\n" * 50_000, "a: b"),
        (b"Subject: type\r\n" + _TYPE + b" a=b;" * 200_000 + b"\r\n\r\nthe text", "the text"),
        (b"Subject: folded\r\n" + _TYPE + b"\r\n a*0=b;" * 100_000 + b"\r\n\r\nthe text", "the text"),
        (b"Subject: brackets\r\nContent-Type: " + b"(" * 60_000 + b"\r\n\r\nthe text", "the text"),
    ],
    ids=["nested", "nested in old lines", "nested and long", "parts", "mails", "report", "type", "folded", "brackets"],
)
def test_what_no_parser_reads_in_time_is_headers_and_text(raw: bytes, told: str) -> None:
    signal = mail.read(mail.parse(HEADERS + raw))
    assert signal.title == raw.splitlines()[0].removeprefix(b"Subject: ").decode()
    assert signal.labels == {"from": "nagios@mon.example"}
    assert told in signal.description


def test_what_people_forward_is_read_as_ever() -> None:
    message = EmailMessage()
    message.set_content("the innermost text")
    for _ in range(5):
        outer = EmailMessage()
        outer["Subject"] = "Fwd: disk"
        outer.set_content("see below")
        outer.add_alternative("<p>see below</p>", subtype="html")
        outer.add_attachment(message)
        message = outer
    assert mail.read(mail.parse(message.as_bytes())).description == "see below"
    assert mail.read(mail.parse(_of_parts(500))).description == "the text"


@pytest.mark.timeout(20)
@pytest.mark.parametrize("header", ["Subject: " + "=?utf-8?q?=41?=" * 5000, "From: " + "a," * 9000])
def test_headers_made_to_be_slow_are_read_in_time(header: str) -> None:
    assert mail.read(mail.parse(header.encode() + b"\r\n\r\nthe text")).title


@pytest.mark.timeout(20)
@pytest.mark.parametrize("charset", ["punycode", "idna", "utf-7", "unicode_escape", "raw_unicode_escape", "utf-16"])
def test_a_charset_made_to_be_slow_is_read_in_time(charset: str) -> None:
    head = f"Subject: x\r\nContent-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    signal = mail.read(mail.parse(head.encode() + base64.encodebytes(b"ab-" + b"9a" * 1_000_000)))
    assert signal.title == "x"
    if charset != "utf-16":
        assert signal.description.startswith("ab-9a9a")


@pytest.mark.parametrize("charset", ["punycode", "utf-7", "unicode_escape", "rot13", "hex", "klingon"])
def test_what_no_mail_program_writes_is_read_as_utf_8(charset: str) -> None:
    raw = f"Subject: x\r\nContent-Type: text/plain; charset={charset}\r\n\r\n+AGE- \\x41 é-abc".encode()
    assert mail.read(mail.parse(raw)).description == "+AGE- \\x41 é-abc"


@pytest.mark.parametrize(
    ("charset", "said"),
    [
        ("US-ASCII", "Disk"),
        ("UTF8", "Straße"),
        ("iso-8859-1", "Straße"),
        ("latin1", "Straße"),
        ("iso-8859-15", "5 €"),
        ("windows-1251", "Диск"),
        ("KOI8-R", "Диск"),
        ("macintosh", "Straße"),
        ("utf-16", "Straße"),
        ("utf-32le", "Straße"),
        ("gb2312", "磁盘"),
        ("gb18030", "磁盘"),
        ("big5", "磁碟"),
        ("iso-2022-jp", "ディスク"),
        ("Shift_JIS", "ディスク"),
        ("euc-jp", "ディスク"),
        ("euc-kr", "디스크"),
        ("ks_c_5601-1987", "디스크"),
        ("tis-620", "ดิสก์"),
    ],
)
def test_the_charsets_that_senders_use(charset: str, said: str) -> None:
    head = f"Subject: x\r\nContent-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    assert mail.read(mail.parse(head.encode() + base64.encodebytes(said.encode(charset)))).description == said
