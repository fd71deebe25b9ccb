"""Does what is added by a brush appear, and does what is erased go?"""
