"""Can this be a resident identity number (公民身份号码, GB 11643-1999)? How is a member related to the head?

A number is checked by itself only: whether that person exists is for the household register to say.
"""

import re
import unicodedata
from datetime import date
from enum import StrEnum
from typing import Final

_LENGTH: Final = 18
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS: Final = "10X98765432"
_FORM: Final = re.compile(r"\d{17}[\dX]", re.ASCII)
_OLD_FORM: Final = re.compile(r"\d{15}", re.ASCII)
_STAND_IN: Final = re.compile(r"(.)\1*|B.*|.*N|123456789012345(?:678)?", re.ASCII)
_SPACES: Final = re.compile(r"\s+")


class Reason(StrEnum):
    """Why a text cannot be a resident identity number; the value is the stable code of the refusal."""

    MISSING = "identity_number_missing"
    PLACEHOLDER = "identity_number_placeholder"
    FIFTEEN_DIGITS = "identity_number_fifteen_digits"
    MALFORMED = "identity_number_malformed"
    IMPOSSIBLE_BIRTH_DATE = "identity_number_impossible_birth_date"
    BORN_LATER = "identity_number_born_later"
    WRONG_CHECK_DIGIT = "identity_number_wrong_check_digit"

    @property
    def message(self) -> str:
        """What is wrong and what to do next; never repeats the number."""
        return _MESSAGES[self]

    @property
    def label_zh(self) -> str:
        return _REASONS_ZH[self]


_MESSAGES: Final = {
    Reason.MISSING: "The identity number is missing; copy it from the identity card or household register.",
    Reason.PLACEHOLDER: "This is a stand-in, not an identity number; register the person once it is known.",
    Reason.FIFTEEN_DIGITS: "Fifteen-digit numbers are out of use; take the eighteen-digit one of the card.",
    Reason.MALFORMED: "An identity number has seventeen digits and then a digit or X; copy it again.",
    Reason.IMPOSSIBLE_BIRTH_DATE: "Digits seven to fourteen are no day of the calendar; copy it again.",
    Reason.BORN_LATER: "The birth date in the number lies after this day; copy it again.",
    Reason.WRONG_CHECK_DIGIT: "The last character does not fit the others; copy it again.",
}

_REASONS_ZH: Final = {
    Reason.MISSING: "未填写身份证号码",
    Reason.PLACEHOLDER: "临时代码不是身份证号码",
    Reason.FIFTEEN_DIGITS: "15位旧号码已停用",
    Reason.MALFORMED: "号码应为17位数字加1位数字或X",
    Reason.IMPOSSIBLE_BIRTH_DATE: "出生日期不存在",
    Reason.BORN_LATER: "出生日期晚于当日",
    Reason.WRONG_CHECK_DIGIT: "校验码不符",
}


class Relation(StrEnum):
    """How a co-resident member is related to the head of household (与户主关系)."""

    HEAD = "head"
    SPOUSE = "spouse"
    CHILD = "child"
    CHILD_IN_LAW = "child_in_law"
    GRANDCHILD = "grandchild"
    PARENT = "parent"
    GRANDPARENT = "grandparent"
    SIBLING = "sibling"
    OTHER = "other"

    @property
    def label_zh(self) -> str:
        return _RELATIONS_ZH[self]


_RELATIONS_ZH: Final = {
    Relation.HEAD: "户主",
    Relation.SPOUSE: "配偶",
    Relation.CHILD: "子女",
    Relation.CHILD_IN_LAW: "儿媳或女婿",
    Relation.GRANDCHILD: "孙子女或外孙子女",
    Relation.PARENT: "父母(含公婆、岳父母)",
    Relation.GRANDPARENT: "祖父母或外祖父母",
    Relation.SIBLING: "兄弟姐妹",
    Relation.OTHER: "其他",
}


def normalise(number: str) -> str:
    """One spelling for one number: no spaces, half-width, X as a capital. Says nothing about correctness."""
    return _SPACES.sub("", unicodedata.normalize("NFKC", number)).upper()


def check(number: str, on: date | None = None) -> Reason | None:
    """Why a number is refused, or None if it may stand; with `on`, a birth after that day is refused too."""
    text = normalise(number)
    return _form_reason(text) or _birth_reason(text, on) or _check_digit_reason(text)


def birth_date(number: str) -> date:
    """The birth date that a checked number states; raise ValueError where it states none."""
    text = normalise(number)
    return date(int(text[6:10]), int(text[10:12]), int(text[12:14]))


def check_digit(first_seventeen: str) -> str:
    """The eighteenth character that belongs to seventeen digits (ISO 7064, MOD 11-2)."""
    total = sum(int(digit) * weight for digit, weight in zip(first_seventeen, _WEIGHTS, strict=True))
    return _CHECK_DIGITS[total % len(_CHECK_DIGITS)]


def _form_reason(text: str) -> Reason | None:
    if not text:
        return Reason.MISSING
    if _STAND_IN.fullmatch(text):
        return Reason.PLACEHOLDER
    if _OLD_FORM.fullmatch(text):
        return Reason.FIFTEEN_DIGITS
    return None if _FORM.fullmatch(text) else Reason.MALFORMED


def _birth_reason(text: str, on: date | None) -> Reason | None:
    try:
        born = birth_date(text)
    except ValueError:
        return Reason.IMPOSSIBLE_BIRTH_DATE
    return Reason.BORN_LATER if on is not None and born > on else None


def _check_digit_reason(text: str) -> Reason | None:
    return None if text[-1] == check_digit(text[: _LENGTH - 1]) else Reason.WRONG_CHECK_DIGIT
