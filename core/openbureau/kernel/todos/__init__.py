"""Todos (待办 待阅 督办) and notices (提醒): different things, one place."""
