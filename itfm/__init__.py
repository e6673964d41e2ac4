"""Open IT financial management, as one line that money moves along.

| package       | takes in                          | gives out                              |
|---------------|-----------------------------------|----------------------------------------|
| `ingestion`   | bills as providers deliver them   | charges in FOCUS 1.4, exact            |
| `allocation`  | charges, rules, drivers           | the ledger, the mart and a proof       |
| `showback`    | the mart                          | who owns which cost                    |
| `forecasting` | the mart                          | what it will be                        |
| `governance`  | the mart                          | what is abnormal, wasted or unowned    |

`itfm.core`, `itfm.accounts` and `itfm.notify` stand below them all; `itfm.web`, `itfm.cli`, `itfm.urls` and
`itfm.pipeline` join them.
"""
