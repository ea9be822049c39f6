//+------------------------------------------------------------------+
//|                                                  JournalFile.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_JOURNALFILE_MQH
#define MT5CONNECTOR_AGENT_JOURNALFILE_MQH
#include <MT5Connector/Agent/Limits.mqh>
#include <MT5Connector/Json/JsonReader.mqh>

#import "kernel32.dll"
ulong  CreateFileW(string name,uint access,uint share,ulong security,uint disposition,uint flags,ulong template_file);
int    FlushFileBuffers(ulong file);
int    CloseHandle(ulong object);
#import

#define KERNEL_GENERIC_WRITE 1073741824
#define KERNEL_SHARE_ALL 7
#define KERNEL_OPEN_EXISTING 3

//+------------------------------------------------------------------+
//| Lines of a journal: checksum, place, and how many records were durable when a line was written. The last tells a torn|
//+------------------------------------------------------------------+
//+------------------------------------------------------------------+
//| end, which may be cut off, from damage to what was durable, which may not.|
//+------------------------------------------------------------------+
class CJournalFile
  {
private:
   string            m_name;
   string            m_fault;
   int               m_lock;
   int               m_handle;
   ulong             m_disk;
   bool              m_flushes_disk;
   long              m_records;
   long              m_bytes;
   bool              m_ragged;
   uint              m_table[256];
   uint              Crc(const uchar &data[],const int at,const int count) const;
   bool              Refuse(const string fault);
   bool              ReadAll(const string name,uchar &bytes[]) const;
   bool              OpenHandle(void);
   void              CloseHandles(void);
   void              FlushDisk(void);
   void              FlushNew(void) const;
   string            Path(const string name) const { return(TerminalInfoString(TERMINAL_DATA_PATH)+"\\MQL5\\Files\\"+name); }
   bool              Line(const long index,const long durable,const string json,uchar &line[]) const;
   bool              IsWritten(const string name,const long at,const uchar &bytes[]) const;
   bool              Encode(const string &records[],const long first,const long durable,uchar &bytes[]) const;
   bool              TakeLine(const uchar &bytes[],const int from,const int to,long &index,long &durable,string &json) const;
   bool              Decode(const uchar &bytes[],string &records[],long &length);
public:
                     CJournalFile(void);
   bool              Open(const string name,string &records[]);
   bool              Append(const string &records[]);
   bool              Replace(const string &records[]);
   void              Close(void);
   bool              IsOpen(void) const { return(m_handle!=INVALID_HANDLE); }
   bool              IsRagged(void) const { return(m_ragged); }
   bool              FlushesDisk(void) const { return(m_flushes_disk); }
   long              Bytes(void) const { return(m_bytes); }
   string            Fault(void) const { return(m_fault); }
  };
//+------------------------------------------------------------------+
//| Nothing is open                                                |
//+------------------------------------------------------------------+
CJournalFile::CJournalFile(void)
  {
   m_name="";
   m_fault="";
   m_lock=INVALID_HANDLE;
   m_handle=INVALID_HANDLE;
   m_disk=0;
   m_flushes_disk=false;
   m_records=0;
   m_bytes=0;
   m_ragged=false;
   for(int i=0; i<256; i++)
     {
      uint crc=(uint)i;
      for(int bit=0; bit<8; bit++)
        {
         if((crc&1)==1)
            crc=(crc>>1)^(((uint)0xEDB8<<16)|0x8320);
         else
            crc=crc>>1;
        }
      m_table[i]=crc;
     }
  }
//+------------------------------------------------------------------+
//| CRC-32 (ISO-HDLC)                                              |
//+------------------------------------------------------------------+
uint CJournalFile::Crc(const uchar &data[],const int at,const int count) const
  {
   uint crc=~(uint)0;
   for(int i=at; i<at+count; i++)
      crc=(crc>>8)^m_table[(int)((crc^(uint)data[i])&255)];
   return(~crc);
  }
//+------------------------------------------------------------------+
//| Keeps the first fault                                          |
//+------------------------------------------------------------------+
bool CJournalFile::Refuse(const string fault)
  {
   if(m_fault=="")
      m_fault=fault;
   return(false);
  }
//+------------------------------------------------------------------+
//| All bytes of a file; none if there is no file                  |
//+------------------------------------------------------------------+
bool CJournalFile::ReadAll(const string name,uchar &bytes[]) const
  {
   if(!CBytes::Resize(bytes,0))
      return(false);
   if(!FileIsExist(name))
      return(true);
   int handle=FileOpen(name,FILE_READ|FILE_BIN|FILE_SHARE_READ|FILE_SHARE_WRITE);
   if(handle==INVALID_HANDLE)
      return(false);
   int  size=(int)FileSize(handle);
   bool good=CBytes::Resize(bytes,size) && (size==0 || FileReadArray(handle,bytes,0,size)==(uint)size);
   FileClose(handle);
   return(good);
  }
//+------------------------------------------------------------------+
//| Whether a file ends with these bytes, as another handle reads it. FileWriteArray fills a buffer and FileFlush says nothing: what a|
//+------------------------------------------------------------------+
//+------------------------------------------------------------------+
//| full disk did not take shows in the file alone                 |
//+------------------------------------------------------------------+
bool CJournalFile::IsWritten(const string name,const long at,const uchar &bytes[]) const
  {
   uchar there[];
   int   count=ArraySize(bytes);
   int   handle=FileOpen(name,FILE_READ|FILE_BIN|FILE_SHARE_READ|FILE_SHARE_WRITE);
   if(handle==INVALID_HANDLE)
      return(false);
   bool good=FileSize(handle)==(ulong)(at+count) && FileSeek(handle,at,SEEK_SET) && CBytes::Resize(there,count) &&
             FileReadArray(handle,there,0,count)==(uint)count;
   FileClose(handle);
   for(int i=0; i<count && good; i++)
      good=there[i]==bytes[i];
   return(good);
  }
//+------------------------------------------------------------------+
//| Opens the journal for writing, and once more for the system's own flush|
//+------------------------------------------------------------------+
bool CJournalFile::OpenHandle(void)
  {
   m_handle=FileOpen(m_name,FILE_READ|FILE_WRITE|FILE_BIN|FILE_SHARE_READ|FILE_SHARE_WRITE);
   if(m_handle==INVALID_HANDLE)
      return(false);
   m_disk=CreateFileW(Path(m_name),(uint)KERNEL_GENERIC_WRITE,(uint)KERNEL_SHARE_ALL,0,(uint)KERNEL_OPEN_EXISTING,0,0);
   if(m_disk==~(ulong)0)
      m_disk=0;
   m_flushes_disk=m_disk!=0;
   return(true);
  }
//+------------------------------------------------------------------+
//| Closes both handles                                            |
//+------------------------------------------------------------------+
void CJournalFile::CloseHandles(void)
  {
   if(m_disk!=0 && CloseHandle(m_disk)==0)
      m_disk=0;
   m_disk=0;
   if(m_handle!=INVALID_HANDLE)
      FileClose(m_handle);
   m_handle=INVALID_HANDLE;
  }
//+------------------------------------------------------------------+
//| FileFlush hands the bytes to the system; that they reach the disk is the system's word (FlushFileBuffers)|
//+------------------------------------------------------------------+
void CJournalFile::FlushDisk(void)
  {
   FileFlush(m_handle);
   if(m_disk!=0)
      m_flushes_disk=FlushFileBuffers(m_disk)!=0;
  }
//+------------------------------------------------------------------+
//| Asks the system to bring a replacement to the disk. The journal's own handle says later whether the system does so at all|
//+------------------------------------------------------------------+
void CJournalFile::FlushNew(void) const
  {
   ulong disk=CreateFileW(Path(m_name+".new"),(uint)KERNEL_GENERIC_WRITE,(uint)KERNEL_SHARE_ALL,0,(uint)KERNEL_OPEN_EXISTING,0,0);
   if(disk==~(ulong)0)
      return;
   bool flushed=FlushFileBuffers(disk)!=0;
   bool closed=CloseHandle(disk)!=0;
   if(m_flushes_disk && (!flushed || !closed))
      Print("MT5Connector: the replacement of the journal could not be brought to the disk");
  }
//+------------------------------------------------------------------+
//| One record as a line                                           |
//+------------------------------------------------------------------+
bool CJournalFile::Line(const long index,const long durable,const string json,uchar &line[]) const
  {
   uchar text[];
   int count=CUtf8::Encode((string)index+" "+(string)durable+" "+json,text);
   if(count<1 || !CBytes::Resize(line,count+10))
      return(false);
   CBytes::PutAscii(line,0,StringFormat("%08x ",Crc(text,0,count)));
   ArrayCopy(line,text,9,0,count);
   line[count+9]=10;
   return(true);
  }
//+------------------------------------------------------------------+
//| Several records                                                |
//+------------------------------------------------------------------+
bool CJournalFile::Encode(const string &records[],const long first,const long durable,uchar &bytes[]) const
  {
   uchar line[];
   int   at=0;
   if(!CBytes::Resize(bytes,0))
      return(false);
   for(int i=0; i<ArraySize(records); i++)
     {
      if(!Line(first+i,durable,records[i],line))
         return(false);
      int size=ArraySize(line);
      if(ArrayResize(bytes,at+size,65536)!=at+size)
         return(false);
      ArrayCopy(bytes,line,at,0,size);
      at+=size;
     }
   return(true);
  }
//+------------------------------------------------------------------+
//| Reads one line; false if it is not whole                       |
//+------------------------------------------------------------------+
bool CJournalFile::TakeLine(const uchar &bytes[],const int from,const int to,long &index,long &durable,string &json) const
  {
   string head="";
   if(to-from<14 || (int)bytes[from+8]!=' ' || !CUtf8::Decode(bytes,from,8,head))
      return(false);
   if(head!=StringFormat("%08x",Crc(bytes,from+9,to-from-9)))
      return(false);
   int first=from+9;
   while(first<to && (int)bytes[first]!=' ')
      first++;
   int second=first+1;
   while(second<to && (int)bytes[second]!=' ')
      second++;
   if(second>=to)
      return(false);
   return(CNumber::ParseLong(bytes,from+9,first-from-9,index) && CNumber::ParseLong(bytes,first+1,second-first-1,durable) &&
          CUtf8::Decode(bytes,second+1,to-second-1,json));
  }
//+------------------------------------------------------------------+
//| Reads a journal up to its torn end; false if what was durable is damaged|
//+------------------------------------------------------------------+
bool CJournalFile::Decode(const uchar &bytes[],string &records[],long &length)
  {
   int  size=ArraySize(bytes);
   int  count=0;
   long claimed=0;
   bool torn=false;
   int  at=0;
   length=0;
   if(ArrayResize(records,0)!=0)
      return(false);
   while(at<size)
     {
      int    end=at;
      long   index=-1;
      long   durable=0;
      string json="";
      while(end<size && (int)bytes[end]!=10)
         end++;
      bool whole=end<size && TakeLine(bytes,at,end,index,durable,json);
      if(whole && durable>claimed)
         claimed=durable;
      if(!whole || index!=count)
         torn=true;
      if(!torn)
        {
         if(ArrayResize(records,count+1,1024)!=count+1)
            return(false);
         records[count]=json;
         count++;
         length=end+1;
        }
      at=end+1;
     }
   //--- a journal begins as an image in one piece: one without a first record is no journal, or a damaged one
   return(claimed<=count && (size==0 || count>0));
  }
//+------------------------------------------------------------------+
//| Takes the journal for this agent alone and reads it            |
//+------------------------------------------------------------------+
bool CJournalFile::Open(const string name,string &records[])
  {
   uchar  bytes[];
   long   length=0;
   m_fault="";
   m_name=name;
   m_lock=FileOpen(name+".lock",FILE_WRITE|FILE_BIN);
   if(m_lock==INVALID_HANDLE)
      return(Refuse("another agent holds the journal "+name+"; remove the expert from the other chart"));
   if(!ReadAll(name,bytes))
      return(Refuse("the journal "+name+" cannot be read (error "+(string)GetLastError()+")"));
   bool whole=Decode(bytes,records,length);
   if(ArraySize(bytes)==0 && FileIsExist(name+".new"))
     {
      //--- the agent stopped between two steps of a replacement: the new file counts if it is whole
      if(!ReadAll(name+".new",bytes) || !Decode(bytes,records,length) || !FileMove(name+".new",0,name,FILE_REWRITE))
         return(Refuse("the journal "+name+" is gone and its replacement is damaged; restore it from a copy"));
      whole=true;
     }
   if(!whole)
      return(Refuse("the journal "+name+" is damaged in what was durable; restore it from a copy, or, once no command of an earlier run can be repeated, move it away"));
   m_records=ArraySize(records);
   m_bytes=length;
   if(!OpenHandle())
      return(Refuse("the journal "+name+" cannot be opened for writing (error "+(string)GetLastError()+")"));
   //--- nothing is ever appended behind torn bytes
   if(length<ArraySize(bytes) && !Replace(records))
      return(Refuse("the torn end of the journal "+name+" cannot be cut off"));
   return(true);
  }
//+------------------------------------------------------------------+
//| Writes at the end; false if the bytes may not be durable       |
//+------------------------------------------------------------------+
bool CJournalFile::Append(const string &records[])
  {
   uchar bytes[];
   int   count=ArraySize(records);
   if(m_ragged || m_handle==INVALID_HANDLE || !Encode(records,m_records,m_records,bytes))
      return(false);
   int size=ArraySize(bytes);
   m_ragged=true;
   if(!FileSeek(m_handle,m_bytes,SEEK_SET) || FileWriteArray(m_handle,bytes,0,size)!=(uint)size)
      return(false);
   FlushDisk();
   if((m_disk!=0 && !m_flushes_disk) || !IsWritten(m_name,m_bytes,bytes))
      return(false);
   m_ragged=false;
   m_records+=count;
   m_bytes+=size;
   return(true);
  }
//+------------------------------------------------------------------+
//| Puts other records in place of all: the old or the new ones are there, whatever happens|
//+------------------------------------------------------------------+
bool CJournalFile::Replace(const string &records[])
  {
   uchar bytes[];
   long  count=ArraySize(records);
   if(!Encode(records,0,count,bytes))
      return(false);
   int size=ArraySize(bytes);
   int handle=FileOpen(m_name+".new",FILE_WRITE|FILE_BIN|FILE_SHARE_READ|FILE_SHARE_WRITE);
   if(handle==INVALID_HANDLE)
      return(false);
   bool good=FileWriteArray(handle,bytes,0,size)==(uint)size;
   FileFlush(handle);
   FileClose(handle);
   if(!good || !IsWritten(m_name+".new",0,bytes))
      return(false);
   //--- its bytes before its name: a power cut between the two must not leave an empty journal
   FlushNew();
   CloseHandles();
   bool moved=FileMove(m_name+".new",0,m_name,FILE_REWRITE);
   if(!OpenHandle() || !moved)
      return(false);
   FlushDisk();
   m_records=count;
   m_bytes=size;
   m_ragged=false;
   return(true);
  }
//+------------------------------------------------------------------+
//| Lets go of the journal                                         |
//+------------------------------------------------------------------+
void CJournalFile::Close(void)
  {
   CloseHandles();
   if(m_lock!=INVALID_HANDLE)
      FileClose(m_lock);
   m_lock=INVALID_HANDLE;
  }
#endif
//+------------------------------------------------------------------+
