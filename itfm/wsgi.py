"""The web server's way in."""

import atexit
import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "itfm.settings")
application = get_wsgi_application()

# Every page is imported before the first is asked for. What is there by then stays for good and is left out when Python
# looks for garbage: looking through all of it held up one request of a hundred by 0.3 seconds.
_ = get_resolver().url_patterns
gc.collect()
gc.freeze()
atexit.register(gc.unfreeze)  # or what goes last complains of what is left
