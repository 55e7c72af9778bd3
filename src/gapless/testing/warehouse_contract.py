"""What every warehouse must do, as a test class to subclass.

::

    class TestMyWarehouse(WarehouseContract):
        @pytest.fixture
        def warehouse(self) -> Iterator[Warehouse]:
            warehouse = MyWarehouse(...)
            yield warehouse
            warehouse.close()

        @pytest.fixture
        def raw(self, warehouse: Warehouse) -> RawAccess:
            return MyRawAccess(...)

What a test sets up and what it checks goes through `raw`, past the code under test, so that a fault
cannot hide behind its own inverse. It is longer than other modules because a subclass takes the
contract as a whole: an implementation that keeps half of it is not safe.
"""

from __future__ import annotations

import pytest

from gapless.testing.load_contract import LoadContract
from gapless.testing.publish_contract import PublishContract, RecordContract
from gapless.testing.query_contract import QueryContract
from gapless.testing.saving_contract import SavingContract
from gapless.testing.warehouse_examples import (
    RawAccess,
)
from gapless.warehouse.interface import (
    Warehouse,
)


class WarehouseContract(
    PublishContract, RecordContract, QueryContract, LoadContract, SavingContract
):
    """The facts; subclass it and provide `warehouse` and `raw`."""

    @pytest.fixture
    def warehouse(self) -> Warehouse:
        """Provide an empty warehouse, opened for writing; close it afterwards."""
        raise NotImplementedError("Provide a fixture `warehouse` in the subclass.")

    @pytest.fixture
    def raw(self, warehouse: Warehouse) -> RawAccess:
        """Provide access to the same warehouse past the code under test."""
        raise NotImplementedError("Provide a fixture `raw` in the subclass.")
