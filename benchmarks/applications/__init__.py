"""What GANs are used for, measured by hand: ``python -m benchmarks.applications`` prints a table.

Each application has a judge that is no discriminator, and a trivial baseline beside it. Nothing here is part of the
package.
"""
