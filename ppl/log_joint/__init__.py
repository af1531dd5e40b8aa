"""Bound -> LogJoint: the log density of a model and its data as one function of unconstrained draws."""

from ppl.log_joint.compile import compile_log_joint, in_plain_units
from ppl.log_joint.waist import LogJoint

__all__ = ["LogJoint", "compile_log_joint", "in_plain_units"]
