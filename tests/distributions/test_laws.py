"""Every law over every distribution on the shelf: a new file is covered by standing there."""

import laws
import pytest

from ppl.distributions import distributions


@pytest.mark.parametrize("name", distributions)
@pytest.mark.parametrize("law", laws.LAWS, ids=lambda law: law.__name__)
def test_law(law, name):
    law(name, distributions[name])


@pytest.mark.parametrize("name", distributions)
def test_page(name):
    laws.page(name, distributions[name], distributions.doc(name))
