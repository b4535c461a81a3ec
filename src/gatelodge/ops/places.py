"""How many places a database has is fixed when it is made: the check that the configuration says the same."""

from gatelodge.config.policies import ConfigError, DatabasePolicy
from gatelodge.stores.instance import Instance


def check_places(found: Instance, policy: DatabasePolicy) -> None:
    """Check that the database was made with as many places as are configured. Raises `ConfigError`."""
    if found.places != policy.places:
        raise ConfigError("database.places", f"is {policy.places}, and this database was made with {found.places}")
