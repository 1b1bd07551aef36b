"""People: Telegram and console front ends over one tutoring service."""
