from django.db import migrations

from itfm.core.operations import ProtectTenant


class Migration(migrations.Migration):
    dependencies = [("showback", "0003_letter_schedule")]
    operations = [ProtectTenant("LetterSchedule")]
