@echo off
rem Runs the server in this window.
cd /d "%~dp0"
dgate.exe -v
pause
