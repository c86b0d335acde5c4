"""The commons' own themes and populations, in English and Arabic, and where they meet other lists.

Labels are ours. ``sdg`` are goal numbers (UN), ``dac`` three-digit sector codes (OECD), ``ntee`` major
group letters (NCCS): facts, used as references. An operator may load another list.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    en: str
    ar: str
    sdg: tuple[int, ...] = ()
    dac: tuple[str, ...] = ()
    ntee: tuple[str, ...] = ()


THEMES: dict[str, Term] = {
    "agriculture": Term("Agriculture and fishing", "الزراعة وصيد الأسماك", (2,), ("311", "313"), ("K",)),
    "animals": Term("Animal welfare", "الرفق بالحيوان", (15,), (), ("D",)),
    "arts": Term("Arts and culture", "الفنون والثقافة", (), (), ("A",)),
    "biodiversity": Term("Nature and biodiversity", "الطبيعة والتنوع الحيوي", (14, 15), (), ("C", "D")),
    "children": Term("Child protection", "حماية الطفل", (16,), (), ("P",)),
    "civil_society": Term("Civil society", "المجتمع المدني", (16, 17), ("151",), ("W", "S")),
    "climate": Term("Climate", "المناخ", (13,), ("410",), ("C",)),
    "community": Term("Community development", "تنمية المجتمع", (11,), (), ("S",)),
    "digital": Term("Digital inclusion", "الشمول الرقمي", (9,), ("220",), ()),
    "disability": Term("Disability inclusion", "دمج ذوي الإعاقة", (10,), (), ("P",)),
    "economic": Term("Jobs and livelihoods", "العمل وسبل العيش", (8,), ("250",), ("J", "S")),
    "education": Term("Education", "التعليم", (4,), ("110",), ("B",)),
    "emergency": Term("Emergency relief", "الإغاثة الطارئة", (), ("720",), ("M",)),
    "energy": Term("Clean energy", "الطاقة النظيفة", (7,), ("230",), ("C",)),
    "environment": Term("Environment", "البيئة", (13, 15), ("410",), ("C",)),
    "financial_inclusion": Term("Financial inclusion", "الشمول المالي", (1, 8), ("240",), ()),
    "food": Term("Food and nutrition", "الغذاء والتغذية", (2,), ("520",), ("K",)),
    "gender": Term("Gender equality", "المساواة بين الجنسين", (5,), (), ("R",)),
    "health": Term("Health", "الصحة", (3,), ("120",), ("E", "G")),
    "housing": Term("Housing and shelter", "السكن والمأوى", (11,), (), ("L",)),
    "human_rights": Term("Human rights", "حقوق الإنسان", (16,), (), ("R",)),
    "justice": Term("Access to justice", "الوصول إلى العدالة", (16,), (), ("I",)),
    "media": Term("Independent media", "الإعلام المستقل", (16,), (), ("A",)),
    "mental_health": Term("Mental health", "الصحة النفسية", (3,), (), ("F",)),
    "migration": Term("Migration and refuge", "الهجرة واللجوء", (10,), (), ("P", "Q")),
    "peace": Term("Peace and security", "السلام والأمن", (16,), ("152",), ("Q",)),
    "research": Term("Research and science", "البحث والعلوم", (9,), (), ("U", "V")),
    "sport": Term("Sport and play", "الرياضة واللعب", (3,), (), ("N",)),
    "water": Term("Water and sanitation", "المياه والصرف الصحي", (6,), ("140",), ()),
    "youth": Term("Youth development", "تنمية الشباب", (4, 8), (), ("O",)),
}

POPULATIONS: dict[str, Term] = {
    "children": Term("Children", "الأطفال"),
    "youth": Term("Young people", "الشباب"),
    "women": Term("Women and girls", "النساء والفتيات"),
    "men": Term("Men and boys", "الرجال والفتيان"),
    "older_people": Term("Older people", "كبار السن"),
    "families": Term("Families and carers", "الأسر ومقدمو الرعاية"),
    "disabled_people": Term("Disabled people", "ذوو الإعاقة"),
    "refugees": Term("Refugees and displaced people", "اللاجئون والنازحون"),
    "migrants": Term("Migrants", "المهاجرون"),
    "indigenous": Term("Indigenous peoples", "الشعوب الأصلية"),
    "minorities": Term("Ethnic and religious minorities", "الأقليات العرقية والدينية"),
    "lgbtq": Term("LGBTQ people", "أفراد مجتمع الميم"),
    "low_income": Term("People on low incomes", "ذوو الدخل المحدود"),
    "homeless": Term("People without a home", "من لا مأوى لهم"),
    "rural": Term("Rural communities", "المجتمعات الريفية"),
}
