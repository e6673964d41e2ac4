"""Who gets what at the addresses of `mail`, where the site keeps its mail."""

LIST = {"owner": 200, "engineer": 403, "foreign": 200, "nobody": 302, "stranger": 302}
ONE = {**LIST, "foreign": 404}

WALK = {
    "mail": ((), "get", LIST),
    "mail_letter": (("letter",), "get", ONE),
    "mail_html": (("letter",), "get", ONE),
    "mail_file": (("letter",), "get", ONE),
}
