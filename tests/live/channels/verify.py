"""Checks webhooks with PyPI's standardwebhooks: reads cases as JSON from standard input, prints a verdict for each.

A case is {"secret", "headers", "body"}; a verdict is "accepted" or why it was refused.
"""
import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

verdicts = []
for case in json.load(sys.stdin):
    try:
        Webhook(case["secret"]).verify(case["body"], case["headers"])
        verdicts.append("accepted")
    except WebhookVerificationError as error:
        verdicts.append(str(error) or "refused")
json.dump(verdicts, sys.stdout)
