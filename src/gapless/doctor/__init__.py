"""Doctor: is the installation sound, and can every declared guard fail?"""
