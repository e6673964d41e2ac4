"""What the made-up company buys: services with their meters and list prices. Pure.

A price is a whole number of 10^-`price_digits` currency units, and a quantity of it a whole number of
10^-(12 - `price_digits`) pricing units, so that price times quantity is exact in 10^-12 currency units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

COST_DIGITS: Final = 12
QUANTITY_DIGITS: Final = 6


@dataclass(frozen=True)
class Meter:
    """One priced thing of a service. `months_old` is how many months before the last one it was first used.

    `commitment` is `savings_plan` where a bill tells use under one and takes its price away again, `plan` where it
    tells such use once, `reservation`, or empty.
    """

    code: str
    service: str
    family: str
    usage_type: str
    operation: str
    unit: str
    price: int
    price_digits: int
    share: int
    resource: str
    commitment: str = ""
    months_old: int = 99

    @property
    def quantity_digits(self) -> int:
        return COST_DIGITS - self.price_digits

    @property
    def commitment_price(self) -> int:
        """Return the committed price: 28 % (savings plan) or 36 % (reservation) under list, whole by choice."""
        percent = {"savings_plan": 72, "plan": 72, "reservation": 64}[self.commitment]
        return self.price * percent // 100


_EC2 = ("AmazonEC2", "Amazon Elastic Compute Cloud")

AWS_METERS: Final = (
    Meter(*_EC2, "Compute Instance", "BoxUsage:m6i.xlarge", "RunInstances", "Hrs", 230_000, 6, 15, "i-"),
    Meter(*_EC2, "Compute Instance", "BoxUsage:c6g.2xlarge", "RunInstances", "Hrs", 310_400, 6, 12, "i-",
          "savings_plan"),
    Meter(*_EC2, "Compute Instance", "BoxUsage:r6g.large", "RunInstances", "Hrs", 121_600, 6, 9, "i-", "savings_plan"),
    Meter(*_EC2, "Storage", "EBS:VolumeUsage.gp3", "CreateVolume-Gp3", "GB-Mo", 95_200, 6, 6, "vol-"),
    Meter(*_EC2, "NAT Gateway", "NatGateway-Bytes", "NatGateway", "GB", 52_000, 6, 3, "nat-"),
    Meter("AmazonRDS", "Amazon Relational Database Service", "Database Instance", "InstanceUsage:db.r6g.xl",
          "CreateDBInstance:0014", "Hrs", 525_000, 6, 9, "arn:aws:rds:{region}:{account}:db:", "reservation"),
    Meter("AmazonRDS", "Amazon Relational Database Service", "Database Storage", "RDS:GP3-Storage",
          "CreateDBInstance:0014", "GB-Mo", 137_000, 6, 4, "arn:aws:rds:{region}:{account}:db:"),
    Meter("AmazonS3", "Amazon Simple Storage Service", "Storage", "TimedStorage-ByteHrs", "StandardStorage", "GB-Mo",
          24_500, 6, 8, "{name}-"),
    Meter("AmazonS3", "Amazon Simple Storage Service", "API Request", "Requests-Tier2", "GetObject", "Requests",
          430_000, 12, 2, "{name}-"),
    Meter("AWSLambda", "AWS Lambda", "Serverless", "Lambda-GB-Second", "Invoke", "Lambda-GB-Second", 166_667, 10, 5,
          "arn:aws:lambda:{region}:{account}:function:{name}-"),
    Meter("AmazonDynamoDB", "Amazon DynamoDB", "Amazon DynamoDB PayPerRequest Throughput", "WriteRequestUnits",
          "PayPerRequestThroughput", "WriteRequestUnits", 762_500, 12, 4,
          "arn:aws:dynamodb:{region}:{account}:table/{name}-"),
    Meter("AmazonCloudWatch", "AmazonCloudWatch", "Data Payload", "DataProcessing-Bytes", "PutLogEvents", "GB", 630_000,
          6, 4, "arn:aws:logs:{region}:{account}:log-group:{name}-"),
    Meter("AmazonEKS", "Amazon Elastic Container Service for Kubernetes", "Compute", "AmazonEKS-Hours:perCluster",
          "CreateOperation", "Hours", 100_000, 6, 2, "arn:aws:eks:{region}:{account}:cluster/{name}-"),
    Meter("AmazonCloudFront", "Amazon CloudFront", "Data Transfer", "EU-DataTransfer-Out-Bytes", "GET", "GB", 85_000,
          6, 4,
          "arn:aws:cloudfront::{account}:distribution/E"),
    Meter("AWSQueueService", "Amazon Simple Queue Service", "API Request", "Requests-RBP", "SendMessage", "Requests",
          400_000, 12, 1, "arn:aws:sqs:{region}:{account}:{name}-"),
    Meter("AmazonES", "Amazon OpenSearch Service", "Amazon OpenSearch Service Instance", "ESInstance:r6g.large",
          "ESDomain", "Hrs", 201_000, 6, 4, "arn:aws:es:{region}:{account}:domain/{name}-", months_old=8),
    Meter("AmazonBedrock", "Amazon Bedrock", "Amazon Bedrock", "NovaPro-input-tokens", "InvokeModelInference",
          "1K tokens",
          3_000_000, 9, 6, "arn:aws:bedrock:{region}:{account}:inference-profile/{name}-", months_old=5),
)  # fmt: skip

FOCUS_PROVIDER: Final = "Nordwolke (demo)"

FOCUS_METERS: Final = (
    Meter("NW-VM", "Nordwolke Virtual Machines", "Compute", "vm.standard.4", "Virtual Machine", "Hours", 184_000, 6, 30,
          "nw:vm:"),
    Meter("NW-OBJ", "Nordwolke Object Store", "Storage", "object.standard", "Bucket", "GB-Months", 19_800, 6, 16,
          "nw:obj:"),
    Meter("NW-PG", "Nordwolke Managed PostgreSQL", "Databases", "pg.ha.8", "Database", "Hours", 742_000, 6, 22,
          "nw:pg:"),
    Meter("NW-CDN", "Nordwolke Edge Delivery", "Networking", "cdn.egress", "Distribution", "GB", 41_500, 6, 14,
          "nw:cdn:"),
    Meter("NW-EVT", "Nordwolke Events", "Integration", "events.published", "Topic", "Events", 218_000, 12, 8,
          "nw:evt:"),
    Meter("NW-AI", "Nordwolke Model Serving", "AI and Machine Learning", "model.tokens", "Endpoint", "Tokens",
          1_640_000,
          12, 10, "nw:ai:", months_old=4),
)  # fmt: skip
"""`family` is the FOCUS service category, `usage_type` the SKU meter and `operation` the resource type."""

REGIONS: Final = ("eu-central-1", "eu-west-1", "us-east-1")
FOCUS_REGIONS: Final = {"nw-hamburg": "Hamburg", "nw-oslo": "Oslo"}
