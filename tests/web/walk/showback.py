"""Who gets what at the addresses of `showback`."""

EVERYBODY = {"owner": 200, "engineer": 200, "foreign": 200, "nobody": 302, "stranger": 302}
ONE = {"owner": 200, "engineer": 404, "foreign": 404, "nobody": 302, "stranger": 302}
OFFICE = {**EVERYBODY, "engineer": 403}

WALK = {
    "showback": ((), "get", EVERYBODY),
    "scorecard": (("center",), "get", ONE),
    "scorecard_csv": (("center",), "get", ONE),
    "scorecard_owner": (("center",), "post", {**ONE, "owner": 302, "engineer": 403}),
    "letter": (("center",), "get", ONE),
    "letter_html": (("center",), "get", {**ONE, "owner": 404}),
    "letter_test": (("center",), "post", {**ONE, "owner": 302}),
    "letters": ((), "get", OFFICE),
    "letters_schedule": ((), "post", {**OFFICE, "owner": 422, "foreign": 422}),
    "letter_again": (("letter",), "post", {**OFFICE, "owner": 302, "foreign": 404}),
    "spend_answer": (("token",), "get", dict.fromkeys(EVERYBODY, 404)),
    "unsubscribe": (("token",), "get", dict.fromkeys(EVERYBODY, 404)),
}
