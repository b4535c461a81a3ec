"""The settings of `[accounts]`."""

from dataclasses import dataclass

from gatelodge.config.setting import DAY, setting


@dataclass(frozen=True, slots=True)
class AccountsPolicy:
    """`[accounts]`: who gets an account by themselves, and how they come back to one."""

    registration: str = setting(
        "off",
        "Who may make an account: everybody whose address is proved, those with an address at one of domains, those "
        "an operator invites, or nobody. Needs mail.",
        choices=("off", "open", "domains", "invitation"),
    )
    domains: tuple[str, ...] = setting((), "With registration = domains: where addresses must be, each domain by name.")
    blocked_domains: tuple[str, ...] = setting((), "Where the address of a new account may never be.")
    recovery: bool = setting(True, "Let people set a new password by a mailed link, where mail is configured.")
    register_lifetime: int = setting(
        DAY, "Seconds a mailed link to make an account is good for.", low=600, high=7 * DAY
    )
    recover_lifetime: int = setting(
        1_800, "Seconds a mailed link to set a new password is good for.", low=300, high=DAY
    )
    recovery_delay_hours: int = setting(
        24,
        "Hours from when somebody says that their second factor is lost, too, until a mailed link takes it off; whoever"
        " has the account hears of it and can stop it until then. 0: only an operator takes it off.",
        low=0,
        high=720,
    )
    recovery_delay_admins: bool = setting(
        False, "Let administrators come back in that way, too. Else another administrator helps them."
    )
    invitation_days: int = setting(3, "Days an invitation is good for.", low=1, high=30)
    email_lifetime: int = setting(
        DAY, "Seconds a mailed link to change the address of an account is good for.", low=600, high=7 * DAY
    )
    undo_days: int = setting(7, "Days for which the old address can take such a change back.", low=1, high=30)
    network_requests: int = setting(
        5, "Accounts that may be asked for in an hour from one network.", low=1, high=100_000
    )
    domain_requests: int = setting(
        100, "Accounts that may be asked for in an hour with addresses at one domain.", low=1, high=1_000_000
    )
    address_requests: int = setting(
        3,
        "New passwords that may be asked for in an hour for one address, and by each browser known to its account"
        " besides; also accounts with one address, from one network: four times as many from all.",
        low=1,
        high=1_000,
    )
