from django.db import migrations

from itfm.core.operations import ProtectTenant


class Migration(migrations.Migration):
    dependencies = [("ingestion", "0016_purchase_orders")]
    operations = [ProtectTenant("PurchaseOrder")]
