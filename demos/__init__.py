"""The lab's app: paint with the units of a generator, and watch generators evolve. ``python -m demos`` serves it."""

import os

from demos.gradio_stubs import without_stubs

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # gradio reads it once, when it is imported
without_stubs()
