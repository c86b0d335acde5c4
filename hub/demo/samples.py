"""Sample records of three foundations that do not exist, about nonprofits that do not exist either.

Every row: title, summary, organisation, country, place, themes, amount, currency, shared.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    title: str
    summary: str
    organisation: str
    country: str
    place: str
    themes: tuple[str, ...]
    amount: int
    currency: str
    shared: bool = True


ALDER = (
    Sample("Wells for the upper valley", "Forty hand pumps, and people trained to mend them.", "Upper Valley Water Circle", "Kenya", "Makueni", ("Water and sanitation", "Health"), 180000, "USD"),
    Sample("Night school for market traders", "Reading, sums and bookkeeping after closing time.", "Lantern Street Learning", "Ghana", "Kumasi", ("Education", "Jobs and livelihoods"), 64000, "USD"),
    Sample("Mangroves against the tide", "Replanting eleven kilometres of coast with the fishing crews who need it.", "Tidewood Collective", "Philippines", "Iloilo", ("Climate", "Nature and biodiversity"), 220000, "USD"),
    Sample("Legal desk for domestic workers", "A weekly clinic, a hotline in five languages, and strategic cases.", "Fair Threshold", "Lebanon", "Beirut", ("Access to justice", "Migration and refuge"), 95000, "USD"),
    Sample("Solar cold rooms for growers", "Shared cold rooms cut losses of fruit between field and market.", "Harvest Commons", "Rwanda", "Musanze", ("Clean energy", "Agriculture and fishing"), 310000, "USD"),
    Sample("River schools", "Classrooms on boats for children cut off by the flood season.", "Floating Benches", "Bangladesh", "Sunamganj", ("Education", "Climate"), 128500, "USD"),
    Sample("Counsellors in every clinic", "Training nurses to recognise and treat depression.", "Quiet Room Health", "Peru", "Ayacucho", ("Mental health", "Health"), 87000, "USD"),
    Sample("Seed banks of the highlands", "Families keep, share and sell native potato seed.", "Terrace Seed Keepers", "Bolivia", "Potosí", ("Agriculture and fishing", "Food and nutrition"), 56000, "USD"),
    Sample("Independent radio for three districts", "Local news in the languages that people speak.", "Open Dial Radio", "Uganda", "Gulu", ("Independent media", "Civil society"), 74000, "USD"),
    Sample("Safe houses on the northern route", "Beds, legal advice and a phone call home.", "Waystation Network", "Mexico", "Saltillo", ("Migration and refuge", "Housing and shelter"), 142000, "USD"),
    Sample("Girls code the harbour", "After-school computing with apprenticeships at the port.", "Blue Crane Studios", "Tanzania", "Tanga", ("Digital inclusion", "Gender equality"), 49000, "USD"),
    Sample("Flood maps that neighbours draw", "Households map risk and rehearse the way out.", "High Ground Neighbours", "Nepal", "Saptari", ("Climate", "Community development"), 38000, "USD"),
    Sample("Board renewal at a long-standing grantee", "Confidential; not for other eyes.", "Old Mill Trustees", "United States", "", ("Civil society",), 15000, "USD", False),
    Sample("Exploratory visit, autumn", "Travel only.", "Harvest Commons", "Rwanda", "", ("Agriculture and fishing",), 4000, "USD", False),
)  # fmt: skip

SAFFRON = (
    Sample("مكتبات متنقلة في القرى", "ثلاث حافلات تحمل الكتب والقصص إلى أربعين قرية.", "جمعية الصفحة الأولى", "Jordan", "المفرق", ("Education", "Youth development"), 42500, "JOD"),
    Sample("مياه نظيفة لمدارس الوادي", "خزانات ومرشحات وصيانة يتولاها الأهالي.", "مبادرة النبع", "Jordan", "الكرك", ("Water and sanitation", "Education"), 61250, "JOD"),
    Sample("ورش النجارة للشباب", "تدريب مهني لستة أشهر مع أدوات يحتفظ بها المتدرب.", "بيت الحرفة", "Egypt", "المنيا", ("Jobs and livelihoods", "Youth development"), 1450000, "EGP"),
    Sample("عيادة نفسية متنقلة", "جلسات فردية وجماعية للأسر النازحة.", "مساحة هادئة", "Lebanon", "البقاع", ("Mental health", "Migration and refuge"), 88000, "USD"),
    Sample("حاضنات الأمهات العاملات", "رعاية الأطفال قرب أماكن العمل.", "خيط الضوء", "Tunisia", "صفاقس", ("Gender equality", "Child protection"), 96500, "TND"),
    Sample("بذور البادية", "استعادة المراعي مع الرعاة.", "رفاق المرعى", "Oman", "ظفار", ("Nature and biodiversity", "Agriculture and fishing"), 27300, "JOD"),
    Sample("Kitchen gardens for schools", "Every school grows part of its lunch.", "Green Threshold Society", "Jordan", "Irbid", ("Food and nutrition", "Education"), 18750, "JOD"),
    Sample("Legal aid by telephone", "Free advice for tenants and day labourers.", "Door Ajar", "Morocco", "Fès", ("Access to justice", "Human rights"), 540000, "MAD"),
    Sample("صوت الحارة", "بودكاست محلي يصنعه طلاب المدارس.", "موجة قريبة", "Palestine", "نابلس", ("Independent media", "Youth development"), 31000, "USD"),
    Sample("Prosthetics workshop", "Fitted on site, repaired for life.", "Second Stride", "Iraq", "Mosul", ("Health", "Disability inclusion"), 73500, "USD"),
    Sample("Date palms and young growers", "Leases, tools and a buyer for first-time growers.", "Palm Ledger", "Kuwait", "Al Jahra", ("Agriculture and fishing", "Jobs and livelihoods"), 21750, "KWD"),
    Sample("مراجعة داخلية", "للاستخدام الداخلي فقط.", "بيت الحرفة", "Egypt", "", ("Civil society",), 1000, "EGP", False),
    Sample("Second look at a declined request", "Not to be shared.", "Door Ajar", "Morocco", "", ("Human rights",), 2000, "MAD", False),
)  # fmt: skip

CORRIE = (
    Sample("Warm rooms on the islands", "Community halls kept open and heated through the winter.", "Skerry Halls Together", "United Kingdom", "Western Isles", ("Community development", "Clean energy"), 46000, "GBP"),
    Sample("Peatland crews", "Apprentices restore upland peat.", "Bog Myrtle Works", "United Kingdom", "Caithness", ("Climate", "Jobs and livelihoods"), 132000, "GBP"),
    Sample("Homework clubs in tower blocks", "Four evenings a week, a hot meal and a tutor.", "Stairwell Scholars", "United Kingdom", "Glasgow", ("Education", "Youth development"), 38500, "GBP"),
    Sample("River wardens", "Volunteers test water and report spills.", "Clear Burn Watch", "United Kingdom", "Dumfries", ("Water and sanitation", "Environment"), 21000, "GBP"),
    Sample("A choir for new arrivals", "Songs in six languages, and friends by the second week.", "Open Harmony", "Ireland", "Limerick", ("Arts and culture", "Migration and refuge"), 17500, "EUR"),
    Sample("Repair cafés on wheels", "A van, tools, and people who know how.", "Mended Things", "Ireland", "Galway", ("Environment", "Community development"), 29000, "EUR"),
    Sample("Tool library for smallholders", "Share the tractor, share the cost.", "Common Furrow", "United Kingdom", "Aberdeenshire", ("Agriculture and fishing",), 54000, "GBP"),
    Sample("Staff pension shortfall", "For trustees.", "Common Furrow", "United Kingdom", "", ("Civil society",), 9000, "GBP", False),
)  # fmt: skip

CORRIE_SHEET = (
    Sample("Lantern festival, made by hand", "Workshops all autumn, one procession in the dark.", "Paper Moon Arts", "United Kingdom", "Dundee", ("Arts and culture", "Youth development"), 12500, "GBP"),
    Sample("Advice at the food bank", "Debt and housing advice where people already come.", "Next Shelf", "United Kingdom", "Paisley", ("Access to justice", "Housing and shelter"), 67000, "GBP"),
    Sample("Bees above the city", "Rooftop hives run by young people in care.", "Skep and Sky", "United Kingdom", "Edinburgh", ("Nature and biodiversity", "Youth development"), 23400, "GBP"),
    Sample("Tidal reading room", "A library that opens when the ferry comes.", "Ebb Library", "United Kingdom", "Orkney", ("Education", "Community development"), 19750, "GBP"),
    Sample("Deaf theatre on tour", "Twelve towns, signed and spoken.", "Both Hands Company", "United Kingdom", "Inverness", ("Arts and culture", "Disability inclusion"), 41000, "GBP"),
)  # fmt: skip
