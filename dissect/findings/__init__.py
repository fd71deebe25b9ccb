"""The findings of GAN Dissection (Bau et al. 2019, sections 4.1 to 4.4), measured on any generator and written down."""

from dissect.findings.gathering import Findings, find
from dissect.findings.removal import Removal, removals
from dissect.findings.writing import write_findings

__all__ = ["Findings", "Removal", "find", "removals", "write_findings"]
